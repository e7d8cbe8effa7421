import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { createDynamoDb, DYNAMODB_OPERATIONS } from '#local/dynamodb/index.ts'
import { parityDocument } from '#local/parity/index.ts'
import { RESOURCE_TYPES } from '#local/resources/index.ts'

test('docs/PARITY.md says what the code says: npm run docs:parity writes it', () => {
  expect(readFileSync(new URL('../../../docs/PARITY.md', import.meta.url), 'utf8')).toBe(parityDocument())
})

test('no property is declared twice', () => {
  for (const [type, { properties }] of Object.entries(RESOURCE_TYPES)) {
    const { honoured, ignored = [], refused = [] } = properties
    const names = [...honoured, ...ignored, ...refused]
    expect(new Set(names).size, type).toBe(names.length)
  }
})

test('each operation of DynamoDB that is named is known, and no other', async () => {
  await using dynamoDb = createDynamoDb()
  const isKnown = async (operation: string) =>
    !(await dynamoDb.handle(operation, {})).body.includes('UnknownOperationException')
  for (const operation of DYNAMODB_OPERATIONS) expect(await isKnown(operation), operation).toBe(true)
  for (const operation of ['TransactWriteItems', 'ExecuteStatement', 'DescribeStream']) {
    expect(await isKnown(operation), operation).toBe(false)
  }
})
