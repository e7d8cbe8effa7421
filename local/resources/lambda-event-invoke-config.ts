import type { JsonValue } from '../template/index.ts'
import { arn, functionArn, type ResourceContext } from './context.ts'
import type { ResourceEmulator } from './emulator.ts'
import { requireGrant } from './lambda-function.ts'
import { isObject, readProperties } from './properties.ts'

/** AWS::Lambda::EventInvokeConfig. Like the service, it refuses a destination that the function's role may not reach. */
export const lambdaEventInvokeConfig: ResourceEmulator = {
  properties: {
    honoured: ['FunctionName', 'MaximumRetryAttempts', 'MaximumEventAgeInSeconds', 'DestinationConfig'],
    ignored: ['Qualifier'],
  },
  note: 'for the unpublished version',
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
    const targets = new Set([onSuccessArn, onFailureArn].flatMap((target) => target ?? []))
    return {
      ref: arn(context, 'lambda', `function:${functionName}:event-invoke-config`),
      checks: [...targets].map((target) => () => checkDestination(context, functionName, target)),
      // with the defaults of a function without one; the function may be gone already
      dispose() {
        if (context.functionRoles.has(functionName)) context.lambda.configureAsync(functionName, {})
      },
    }
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

/** The ARN in a destination of a template. */
export function destinationOf(value: JsonValue | undefined): string | undefined {
  return isObject(value) && typeof value.Destination === 'string' ? value.Destination : undefined
}
