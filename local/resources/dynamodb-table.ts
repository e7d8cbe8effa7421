import type { ResourceEmulator } from './emulator.ts'

/** AWS::DynamoDB::Table; the data of a table that was there before is kept. */
export const dynamoDbTable: ResourceEmulator = {
  properties: {
    honoured: [
      'TableName',
      'KeySchema',
      'AttributeDefinitions',
      'BillingMode',
      'ProvisionedThroughput',
      'GlobalSecondaryIndexes',
      'LocalSecondaryIndexes',
      'TimeToLiveSpecification',
      'StreamSpecification',
    ],
    ignored: [
      'DeletionProtectionEnabled',
      'PointInTimeRecoverySpecification',
      'SSESpecification',
      'TableClass',
      'Tags',
    ],
  },
  note: 'stays when it leaves the template, as over a restart; keys and indexes of a table that holds data cannot change',
  async create(request, { dynamoDb }) {
    const { tableName, tableArn, streamArn } = await dynamoDb.createTable(request.properties, request.physicalName())
    return { ref: tableName, attributes: { Arn: tableArn, ...(streamArn && { StreamArn: streamArn }) } }
  },
}
