import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda'

/** Puts an event into a function's queue; resolves when Lambda has taken it. */
export async function enqueueEvent(client: LambdaClient, functionName: string, event: unknown): Promise<void> {
  await client.send(new InvokeCommand({ FunctionName: functionName, InvocationType: 'Event', Payload: bytesOf(event) }))
}

/** Invokes a function and waits for its answer. Throws with the name of the error when the function failed. */
export async function callFunction(client: LambdaClient, functionName: string, event: unknown): Promise<unknown> {
  const { FunctionError, Payload } = await client.send(
    new InvokeCommand({ FunctionName: functionName, Payload: bytesOf(event) }),
  )
  const answer: unknown = JSON.parse(new TextDecoder().decode(Payload))
  if (FunctionError === undefined) return answer
  const { errorType = 'Error' } = Object(answer) as { errorType?: string }
  throw Object.assign(new Error(`${functionName} failed with ${errorType}`), { name: errorType })
}

function bytesOf(event: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(event))
}
