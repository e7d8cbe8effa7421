import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { sdkSettings } from './sdk-client.ts'

/** Four calls in a row (claim, device, effect, complete) end within the ten seconds of a handler, also when DynamoDB hangs. */
const HANDLER_LIMITS = { maxAttempts: 2, requestTimeoutMs: 1_100 }

/** The one way functions make a DynamoDB client. */
export function createDynamoDbClient(limits = HANDLER_LIMITS): DynamoDBClient {
  return new DynamoDBClient(sdkSettings(limits))
}
