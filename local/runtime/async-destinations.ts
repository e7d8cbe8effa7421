import type { Iam } from '../iam/index.ts'
import type { Deliver, LambdaService } from '../lambda/index.ts'
import { destinationAction, requireGrant } from '../resources/index.ts'
import type { SqsService } from '../sqs/index.ts'

/** Brings what became of an asynchronous invocation to its destination: a function or a queue, as far as the function's role may. */
export function createDelivery(services: {
  iam: Iam
  sqs: Pick<SqsService, 'send'>
  lambda: () => Pick<LambdaService, 'invokeAsync'>
}): Deliver {
  const { iam, sqs } = services
  return async (targetArn, body, from) => {
    const functionName = from.functionArn.split(':')[6] ?? ''
    if (from.roleArn === undefined) throw new Error(`${functionName} has no role to deliver with`)
    requireGrant({ iam }, from.roleArn, functionName, destinationAction(targetArn), targetArn)
    if (targetArn.split(':')[2] === 'lambda') {
      await services.lambda().invokeAsync(targetArn, body)
      return
    }
    const { requestId, errorCode, errorMessage } = from
    sqs.send(targetArn, {
      body: JSON.stringify(body),
      messageAttributes: attributes({ RequestID: requestId, ErrorCode: errorCode, ErrorMessage: errorMessage }),
    })
  }
}

/** Why a function's role may not invoke another function. */
export function invokeRefusal(iam: Iam, roleArn: string | undefined, functionName: string, targetArn: string) {
  if (roleArn === undefined) return `${functionName} has no role to invoke with`
  try {
    requireGrant({ iam }, roleArn, functionName, 'lambda:InvokeFunction', targetArn)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function attributes(values: Record<string, string | number | undefined>) {
  const present = Object.entries(values).filter((entry): entry is [string, string | number] => entry[1] !== undefined)
  return Object.fromEntries(
    present.map(([name, value]) => [
      name,
      { DataType: typeof value === 'number' ? 'Number' : 'String', StringValue: String(value) },
    ]),
  )
}
