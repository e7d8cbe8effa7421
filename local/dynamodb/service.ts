import { crc32 } from 'node:zlib'
import { contentType, operationOf, type ServiceHandler } from '../aws-api/index.ts'
import type { DynamoDb } from './dynamo-db.ts'
import { requiredActions } from './required-actions.ts'

/** DynamoDB as a service of the local API server; requests are signed for `dynamodb`. */
export function dynamoDbService(dynamoDb: DynamoDb): ServiceHandler {
  const protocol = 'json1.0'
  return {
    protocol,
    actionsFor: (request) =>
      requiredActions(operationOf(request), request.json(), (nameOrArn) => dynamoDb.tableArn(nameOrArn)),
    async handle(request) {
      const { status, body } = await dynamoDb.handle(operationOf(request), request.json())
      return { status, body, headers: { 'content-type': contentType(protocol), 'x-amz-crc32': String(crc32(body)) } }
    },
  }
}
