import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'
import { expect, test } from 'vitest'
import { sdkSettings } from '../../../functions/shared/sdk-client.ts'

test('a service that never answers ends the call after its attempts', async () => {
  let requests = 0
  const server = createServer(() => {
    requests += 1
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = new DynamoDBClient({
    ...sdkSettings({ maxAttempts: 2, requestTimeoutMs: 50 }),
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  })

  await expect(
    client.send(new GetItemCommand({ TableName: 'devices', Key: { client_id: { S: 'me' } } })),
  ).rejects.toMatchObject({ name: 'TimeoutError' })
  expect(requests).toBe(2)

  server.closeAllConnections()
  server.close()
})
