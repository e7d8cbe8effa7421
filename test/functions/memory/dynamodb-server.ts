import { once } from 'node:events'
import { createServer } from 'node:http'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { createDynamoDb } from '#local/dynamodb/index.ts'

/** Tables in this process with a client of the real SDK in front. */
export async function startDynamoDb() {
  const dynamoDb = createDynamoDb()
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const operation = String(request.headers['x-amz-target']).split('.')[1] ?? ''
      dynamoDb.handle(operation, JSON.parse(Buffer.concat(chunks).toString('utf8'))).then(
        ({ status, body }) => response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(body),
        () => response.destroy(),
      )
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  })
  return {
    dynamoDb,
    client,
    async close() {
      client.destroy()
      server.closeAllConnections()
      server.close()
      await dynamoDb.close()
    },
  }
}

export type DynamoDbServer = Awaited<ReturnType<typeof startDynamoDb>>

type Keys = { readonly partitionKey: string; readonly sortKey: string; readonly timeToLive: string }

/** The properties of a table as the stack writes them. */
export function tableProperties(keys: Keys, index?: { readonly indexName: string; readonly sortKey: string }) {
  const schema = (sortKey: string) => [
    { AttributeName: keys.partitionKey, KeyType: 'HASH' },
    { AttributeName: sortKey, KeyType: 'RANGE' },
  ]
  const names = [keys.partitionKey, keys.sortKey, ...(index ? [index.sortKey] : [])]
  return {
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: names.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: schema(keys.sortKey),
    TimeToLiveSpecification: { AttributeName: keys.timeToLive, Enabled: true },
    ...(index && {
      LocalSecondaryIndexes: [
        { IndexName: index.indexName, KeySchema: schema(index.sortKey), Projection: { ProjectionType: 'ALL' } },
      ],
    }),
  }
}
