import type { Emulator, JsonValue } from '../template/index.ts'
import { arn, functionArn, type ResourceContext } from './context.ts'
import { requireGrant } from './lambda-function.ts'
import { isObject, readProperties } from './properties.ts'

/** AWS::Lambda::EventInvokeConfig. Like the service, it refuses a destination that the function's role may not reach. */
export const lambdaEventInvokeConfig: Emulator<ResourceContext> = {
  create(request, context) {
    const properties = readProperties(request)
    const functionName = functionArn(context, properties.text('FunctionName')).split(':')[6] ?? ''
    const destinations = properties.object('DestinationConfig')
    const onSuccessArn = destinationOf(destinations.OnSuccess)
    const onFailureArn = destinationOf(destinations.OnFailure)
    context.lambda.configureAsync(functionName, {
      maximumRetryAttempts: properties.number('MaximumRetryAttempts'),
      maximumEventAgeSeconds: properties.number('MaximumEventAgeInSeconds'),
      onSuccessArn,
      onFailureArn,
    })
    context.afterCreation(() => {
      for (const target of new Set([onSuccessArn, onFailureArn])) {
        if (target !== undefined) checkDestination(context, functionName, target)
      }
    })
    return { ref: arn(context, 'lambda', `function:${functionName}:event-invoke-config`) }
  },
}

function checkDestination(context: ResourceContext, functionName: string, target: string): void {
  const roleArn = context.functionRoles.get(functionName)
  if (roleArn === undefined) throw new TypeError(`${functionName} has destinations and no role`)
  requireGrant(context, roleArn, functionName, destinationAction(target), target)
}

/** What a function's role needs for a destination or dead-letter queue. */
export function destinationAction(targetArn: string): string {
  return targetArn.split(':')[2] === 'sqs' ? 'sqs:SendMessage' : 'lambda:InvokeFunction'
}

function destinationOf(value: JsonValue | undefined): string | undefined {
  return isObject(value) && typeof value.Destination === 'string' ? value.Destination : undefined
}
