import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  CreateTableCommand,
  DeleteItemCommand,
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateContinuousBackupsCommand,
  UpdateItemCommand,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createApiServer } from '#local/aws-api/index.ts'
import { createDynamoDb, type DynamoDb, type DynamoDbOptions, dynamoDbService } from '#local/dynamodb/index.ts'
import { createIam } from '#local/iam/index.ts'

const NOW_SECONDS = 1_800_000_000
const tableArn = 'arn:aws:dynamodb:eu-west-1:123456789012:table/Things'
const properties = {
  TableName: 'Things',
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  AttributeDefinitions: [
    { AttributeName: 'id', AttributeType: 'S' },
    { AttributeName: 'owner', AttributeType: 'S' },
  ],
  BillingMode: 'PAY_PER_REQUEST',
  GlobalSecondaryIndexes: [
    {
      IndexName: 'ByOwner',
      KeySchema: [{ AttributeName: 'owner', KeyType: 'HASH' }],
      Projection: { ProjectionType: 'ALL' },
    },
  ],
  TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
  PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
}

async function open(options: DynamoDbOptions = {}): Promise<DynamoDb> {
  const clock = { nowMs: () => NOW_SECONDS * 1000 }
  const dynamoDb = createDynamoDb({ region: 'eu-west-1', accountId: '123456789012', clock, ...options })
  onTestFinished(() => dynamoDb.close())
  await dynamoDb.createTable(properties, 'unused')
  return dynamoDb
}

async function connect(dynamoDb: DynamoDb, statement?: unknown): Promise<DynamoDBClient> {
  const iam = createIam()
  const arn = 'arn:aws:iam::123456789012:role/R'
  const PolicyDocument = { Version: '2012-10-17', Statement: statement ?? [] }
  const assumeRolePolicy = { Version: '2012-10-17', Statement: [] }
  iam.defineRole({
    roleName: 'R',
    arn,
    managedPolicyArns: [],
    inlinePolicies: [{ PolicyName: 'P', PolicyDocument }],
    assumeRolePolicy,
  })
  const server = await createApiServer({
    services: { dynamodb: dynamoDbService(dynamoDb) },
    identify: iam.identify,
    authorize: iam.authorize,
    log() {},
  })
  const credentials = statement === undefined ? iam.developerCredentials : iam.credentialsFor(arn, 'F')
  const client = new DynamoDBClient({ endpoint: server.url, region: 'eu-west-1', credentials, maxAttempts: 1 })
  onTestFinished(async () => {
    client.destroy()
    await server.close()
  })
  return client
}

const TableName = 'Things'
const id = (value: string) => ({ id: { S: value } })
const put = (value: string, attributes: Record<string, { N: string } | { S: string }> = {}) =>
  new PutItemCommand({ TableName, Item: { ...id(value), ...attributes } })

describe('the old item on a failed condition', () => {
  const onFailure = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const
  const refused = { ...onFailure, ConditionExpression: 'attribute_not_exists(id)' }
  const commands = [
    ['PutItem', () => new PutItemCommand({ TableName, Item: id('a'), ...refused })],
    ['UpdateItem', () => new UpdateItemCommand({ TableName, Key: id('a'), ...refused })],
    ['DeleteItem', () => new DeleteItemCommand({ TableName, Key: id('a'), ...refused })],
  ] as const

  test.each(commands)('comes with the error of %s', async (_operation, command) => {
    const client = await connect(await open())
    await client.send(put('a', { version: { N: '1' } }))

    const failure = await client.send(command() as PutItemCommand).catch((error: unknown) => error)

    expect(failure).toBeInstanceOf(ConditionalCheckFailedException)
    expect(failure).toMatchObject({
      message: 'The conditional request failed',
      Item: { id: { S: 'a' }, version: { N: '1' } },
    })
  })

  test('is left out when it was not asked for or does not exist', async () => {
    const client = await connect(await open())
    await client.send(put('a'))
    const missing = new UpdateItemCommand({
      TableName,
      Key: id('b'),
      ...onFailure,
      ConditionExpression: 'attribute_exists(id)',
    })
    const notAsked = new PutItemCommand({ TableName, Item: id('a'), ConditionExpression: 'attribute_not_exists(id)' })

    for (const command of [missing, notAsked]) {
      const failure = await client.send(command as PutItemCommand).catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(ConditionalCheckFailedException)
      expect(failure).not.toHaveProperty('Item', expect.anything())
    }
  })

  test('refuses another value of the parameter', async () => {
    const dynamoDb = await open()

    expect(
      await dynamoDb.handle('PutItem', { TableName, Item: id('a'), ReturnValuesOnConditionCheckFailure: 'ALL_NEW' }),
    ).toMatchObject({
      status: 400,
      body: expect.stringContaining("'ALL_NEW' at 'returnValuesOnConditionCheckFailure'"),
    })
  })

  test('is the item that made the condition fail, under concurrent writes and deletes', async () => {
    const dynamoDb = await open()
    const claim = (owner: number) =>
      dynamoDb.handle('UpdateItem', {
        TableName,
        Key: id('a'),
        UpdateExpression: 'SET #owner = :owner, #n = :n',
        ConditionExpression: 'attribute_not_exists(id)',
        ExpressionAttributeNames: { '#owner': 'owner', '#n': 'n' },
        ExpressionAttributeValues: { ':owner': { S: String(owner) }, ':n': { N: String(owner) } },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      })
    const remove = () => dynamoDb.handle('DeleteItem', { TableName, Key: id('a') })
    const removeInBatch = () =>
      dynamoDb.handle('BatchWriteItem', { RequestItems: { Things: [{ DeleteRequest: { Key: id('a') } }] } })

    const claims: Promise<{ status: number; body: string }>[] = []
    const removals: Promise<unknown>[] = []
    for (let round = 0; round < 300; round += 1) {
      claims.push(claim(round))
      if (round % 3 === 1) removals.push(remove())
      if (round % 5 === 1) removals.push(removeInBatch())
    }
    const results = await Promise.all(claims)
    await Promise.all(removals)

    const failed = results
      .filter((result) => result.status === 400)
      .map((result) => JSON.parse(result.body) as { Item?: { n: { N: string } } })
    const winners = new Set(results.flatMap((result, owner) => (result.status === 200 ? [String(owner)] : [])))
    expect(failed.length).toBeGreaterThan(50)
    for (const { Item } of failed) expect(winners).toContain(Item?.n.N)
  })

  test('lets exactly one of many claims win', async () => {
    const dynamoDb = await open()
    const claims = Array.from({ length: 100 }, (_, owner) =>
      dynamoDb.handle('PutItem', {
        TableName,
        Item: { ...id('a'), n: { N: String(owner) } },
        ConditionExpression: 'attribute_not_exists(id)',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    )
    const results = await Promise.all(claims)
    const winner = results.findIndex((result) => result.status === 200)

    expect(results.filter((result) => result.status === 200)).toHaveLength(1)
    for (const [owner, result] of results.entries()) {
      if (owner !== winner) expect(JSON.parse(result.body)).toMatchObject({ Item: { n: { N: String(winner) } } })
    }
  })
})

describe('tables', () => {
  test('exist as the template describes them, with the ARN of account and region', async () => {
    const client = await connect(await open())
    const { Table } = await client.send(new DescribeTableCommand({ TableName }))

    expect(Table).toMatchObject({
      TableArn: tableArn,
      TableStatus: 'ACTIVE',
      BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
    })
    expect(Table?.GlobalSecondaryIndexes?.[0]).toMatchObject({
      IndexArn: `${tableArn}/index/ByOwner`,
      IndexStatus: 'ACTIVE',
    })
  })

  test('are found by ARN, in batches too', async () => {
    const client = await connect(await open())
    await client.send(new PutItemCommand({ TableName: tableArn, Item: id('a') }))
    await client.send(new BatchWriteItemCommand({ RequestItems: { [tableArn]: [{ PutRequest: { Item: id('b') } }] } }))
    const batch = await client.send(
      new BatchGetItemCommand({ RequestItems: { [tableArn]: { Keys: [id('a'), id('b')] } } }),
    )

    expect(batch.Responses?.[tableArn]).toHaveLength(2)
    const foreign = tableArn.replace('123456789012', '999999999999')
    await expect(client.send(new GetItemCommand({ TableName: foreign, Key: id('a') }))).rejects.toThrow()
  })

  test('keep their items over a restart and are not created again', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'dynamodb-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = path.join(folder, 'data')
    const first = await open({ path: file })
    await first.handle('PutItem', { TableName, Item: id('kept') })
    await first.close()

    const second = await open({ path: file })
    expect(await second.createTable(properties, 'unused')).toEqual({ tableName: 'Things', tableArn, created: false })
    expect(JSON.parse((await second.handle('GetItem', { TableName, Key: id('kept') })).body)).toEqual({
      Item: id('kept'),
    })
    expect(statSync(file).mode & 0o777).toBe(0o700)
  })

  test.each([
    ['key', { KeySchema: [{ AttributeName: 'owner', KeyType: 'HASH' }] }],
    [
      'type of the key',
      { AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'N' }, properties.AttributeDefinitions[1]] },
    ],
    ['indexes', { GlobalSecondaryIndexes: [] }],
  ])('refuse a changed %s and say what to do', async (_title, change) => {
    const dynamoDb = await open()

    await expect(dynamoDb.createTable({ ...properties, ...change }, 'unused')).rejects.toMatchObject({
      code: 'TABLE_CHANGED',
      message: expect.stringMatching(
        /^table Things: keys or indexes changed: .*; start with --ephemeral, or remove the state folder$/,
      ),
    })
  })

  test('take the default name, and DynamoDB explains what it refuses', async () => {
    const dynamoDb = await open()
    const { TableName: _, ...unnamed } = properties

    await expect(dynamoDb.createTable(unnamed, 'Stack-Table-1')).resolves.toMatchObject({
      tableName: 'Stack-Table-1',
      created: true,
    })
    await expect(dynamoDb.createTable({ ...unnamed, KeySchema: [] }, 'Broken')).rejects.toMatchObject({
      code: 'TABLE_NOT_CREATED',
      message: expect.stringContaining("'keySchema' failed to satisfy constraint"),
    })
  })

  test('refuse to change indexes instead of pretending to', async () => {
    const client = await connect(await open())
    const GlobalSecondaryIndexUpdates = [{ Delete: { IndexName: 'ByOwner' } }]

    await expect(client.send(new UpdateTableCommand({ TableName, GlobalSecondaryIndexUpdates }))).rejects.toThrow(
      'cannot change indexes',
    )
  })

  test('accept continuous backups', async () => {
    const client = await connect(await open())
    const PointInTimeRecoverySpecification = { PointInTimeRecoveryEnabled: true }
    await client.send(new UpdateContinuousBackupsCommand({ TableName, PointInTimeRecoverySpecification }))
    const { ContinuousBackupsDescription } = await client.send(new DescribeContinuousBackupsCommand({ TableName }))

    expect(ContinuousBackupsDescription?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus).toBe('ENABLED')
    await expect(client.send(new DescribeContinuousBackupsCommand({ TableName: 'Nothing' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    })
  })
})

describe('time to live', () => {
  test('is described, and changed like on AWS', async () => {
    const client = await connect(await open())
    const update = (Enabled: boolean) =>
      client.send(
        new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification: { AttributeName: 'expires', Enabled } }),
      )

    expect((await client.send(new DescribeTimeToLiveCommand({ TableName }))).TimeToLiveDescription).toEqual({
      TimeToLiveStatus: 'ENABLED',
      AttributeName: 'expires',
    })
    await expect(update(true)).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'TimeToLive is already enabled',
    })
    await update(false)
    expect((await client.send(new DescribeTimeToLiveCommand({ TableName }))).TimeToLiveDescription).toEqual({
      TimeToLiveStatus: 'DISABLED',
    })
  })

  test('removes numbers in the past and nothing else', async () => {
    const dynamoDb = await open()
    const client = await connect(dynamoDb)
    await client.send(put('expired', { expires: { N: String(NOW_SECONDS - 1) } }))
    await client.send(put('now', { expires: { N: String(NOW_SECONDS) } }))
    await client.send(put('later', { expires: { N: String(NOW_SECONDS + 1) } }))
    await client.send(put('text', { expires: { S: '1' } }))
    await client.send(put('milliseconds-by-mistake', { expires: { N: String(NOW_SECONDS * 1000) } }))
    await client.send(put('more than five years ago', { expires: { N: String(NOW_SECONDS - 6 * 365 * 86_400) } }))
    await client.send(put('without'))

    expect(await dynamoDb.sweepExpired()).toBe(1)
    expect(await dynamoDb.sweepExpired()).toBe(0)
    expect((await client.send(new GetItemCommand({ TableName, Key: id('expired') }))).Item).toBeUndefined()
    expect(JSON.parse((await dynamoDb.handle('Scan', { TableName, Select: 'COUNT' })).body)).toMatchObject({ Count: 6 })
  })

  test('sweeps over more than one page', async () => {
    const dynamoDb = await open()
    const items = Array.from({ length: 1200 }, (_, index) => ({
      ...id(`i${index}`),
      expires: { N: index % 2 === 0 ? '1799999999' : '1800000001' },
    }))
    await Promise.all(items.map((Item) => dynamoDb.handle('PutItem', { TableName, Item })))

    expect(await dynamoDb.sweepExpired()).toBe(600)
  })
})

describe('the service', () => {
  test('counts calls by table and operation', async () => {
    const dynamoDb = await open()
    const client = await connect(dynamoDb)
    await client.send(put('a'))
    await client.send(put('b'))
    await client.send(new GetItemCommand({ TableName: tableArn, Key: id('a') }))
    await client.send(new ListTablesCommand({}))

    expect(dynamoDb.counts()).toEqual({ Things: { PutItem: 2, GetItem: 1 }, '(no table)': { ListTables: 1 } })
  })

  test('checks the role for table, index, batch and transaction', async () => {
    const dynamoDb = await open()
    const client = await connect(dynamoDb, [
      {
        Effect: 'Allow',
        Action: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:BatchGetItem'],
        Resource: tableArn,
      },
      { Effect: 'Allow', Action: 'dynamodb:Query', Resource: `${tableArn}/index/*` },
    ])
    const query = (IndexName?: string) =>
      new QueryCommand({
        TableName,
        IndexName,
        KeyConditionExpression: '#owner = :owner',
        ExpressionAttributeNames: { '#owner': IndexName === undefined ? 'id' : 'owner' },
        ExpressionAttributeValues: { ':owner': { S: 'x' } },
      })
    await client.send(put('a', { owner: { S: 'x' } }))

    expect((await client.send(query('ByOwner'))).Count).toBe(1)
    const denial = await client.send(query()).catch((error: unknown) => error)
    expect(denial).toMatchObject({
      name: 'AccessDeniedException',
      message: `User: arn:aws:sts::123456789012:assumed-role/R/F is not authorized to perform: dynamodb:Query on resource: ${tableArn} because no identity-based policy allows the dynamodb:Query action`,
    })

    await expect(
      client.send(
        new BatchGetItemCommand({ RequestItems: { Things: { Keys: [id('a')] }, Others: { Keys: [id('a')] } } }),
      ),
    ).rejects.toThrow('dynamodb:BatchGetItem on resource: arn:aws:dynamodb:eu-west-1:123456789012:table/Others')

    const transaction = new TransactWriteItemsCommand({
      TransactItems: [{ Put: { TableName, Item: id('b') } }, { Delete: { TableName, Key: id('a') } }],
    })
    await expect(client.send(transaction)).rejects.toThrow('dynamodb:DeleteItem on resource')
    await expect(client.send(new ListTablesCommand({}))).rejects.toThrow('dynamodb:ListTables on resource: *')
  })

  test('passes on what DynamoDB itself refuses', async () => {
    const client = await connect(await open())

    await expect(client.send(new PutItemCommand({ TableName, Item: { owner: { S: 'x' } } }))).rejects.toMatchObject({
      name: 'ValidationException',
    })
    await expect(client.send(new PutItemCommand({ TableName: 'Missing', Item: id('a') }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    })
    await expect(
      client.send(new TransactWriteItemsCommand({ TransactItems: [{ Put: { TableName, Item: id('b') } }] })),
    ).rejects.toMatchObject({
      name: 'UnknownOperationException',
    })
  })

  test('creates tables on request', async () => {
    const client = await connect(await open())
    const {
      GlobalSecondaryIndexes: _,
      TimeToLiveSpecification: __,
      PointInTimeRecoverySpecification: ___,
      ...own
    } = properties
    const created = await client.send(
      new CreateTableCommand({
        ...own,
        TableName: 'More',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    )

    expect(created.TableDescription?.TableArn).toBe(tableArn.replace('Things', 'More'))
  })

  test('refuses calls after it is closed, and closes twice', async () => {
    const dynamoDb = await open()
    await dynamoDb.close()
    await dynamoDb.close()

    await expect(dynamoDb.handle('GetItem', { TableName, Key: id('a') })).rejects.toThrow('closed')
  })
})
