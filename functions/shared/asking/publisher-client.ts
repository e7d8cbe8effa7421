import type { LambdaClient } from '@aws-sdk/client-lambda'
import { bridgeError, type DeliverCommand, type DeliveryReceipt, deliveryReceiptSchema } from '#contract/index.ts'
import { sdkSettings } from '../sdk-client.ts'

/** A direct message, a publish and its repeat: the ten seconds of the publisher, and the way there. Not tried again: callers ask again. */
const LIMITS = { maxAttempts: 1, requestTimeoutMs: 7_500 }

/**
 * Has the publisher, the only function that may, send a message; waits for what became of it. The SDK is loaded with the first message: who only
 * looks for an outcome needs none. Throws publish_failed.
 */
export function createDeliver(
  functionName: string,
  given?: LambdaClient,
): (command: DeliverCommand) => Promise<DeliveryReceipt> {
  let client = given
  return async (command) => {
    try {
      const { InvokeCommand, LambdaClient: Client } = await import('@aws-sdk/client-lambda')
      client ??= new Client(sdkSettings(LIMITS))
      const Payload = Buffer.from(JSON.stringify(command))
      const result = await client.send(new InvokeCommand({ FunctionName: functionName, Payload }))
      const text = result.Payload ? Buffer.from(result.Payload).toString('utf8') : ''
      if (result.FunctionError !== undefined) throw new Error(`${result.FunctionError} error of the publisher`)
      return deliveryReceiptSchema.parse(JSON.parse(text))
    } catch (cause) {
      throw bridgeError('publish_failed', undefined, { cause })
    }
  }
}
