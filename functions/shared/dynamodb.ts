import { DynamoDBClient } from '@aws-sdk/client-dynamodb'

/**
 * The one way functions make a DynamoDB client: short timeouts, so that a slow call fails while the function still has time to
 * answer its sender.
 */
export function createDynamoDbClient(): DynamoDBClient {
  return new DynamoDBClient({ maxAttempts: 3, requestHandler: { connectionTimeout: 1_000, requestTimeout: 2_000 } })
}
