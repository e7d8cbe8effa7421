import type { Emulator } from '../template/index.ts'
import type { ResourceContext } from './context.ts'

/** AWS::DynamoDB::Table; the data of a table that was there before is kept. */
export const dynamoDbTable: Emulator<ResourceContext> = {
  async create(request, { dynamoDb }) {
    const { tableName, tableArn } = await dynamoDb.createTable(request.properties, request.physicalName())
    return { ref: tableName, attributes: { Arn: tableArn } }
  },
}
