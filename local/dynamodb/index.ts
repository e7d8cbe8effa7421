export { type CallCounts, type CreatedTable, createDynamoDb, type DynamoDb, type DynamoDbOptions } from './dynamo-db.ts'
export type { DynamoDbResult } from './engine.ts'
export { DynamoDbError, type DynamoDbErrorCode } from './errors.ts'
export { dynamoDbService } from './service.ts'
