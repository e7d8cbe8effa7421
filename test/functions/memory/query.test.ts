import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb'
import { mockClient } from 'aws-sdk-client-mock'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { MemoryEntry } from '#contract/index.ts'
import { createMemoryRoutes } from '#functions/memory/handler.ts'
import { createMemoryTable, QUERY_WINDOW_MEMORIES } from '#functions/memory/memory-table.ts'
import { memoryOwner } from '#functions/memory/owner.ts'
import { answerOf, codeOf, createChain, deviceRecord, NOW_MS } from '../conscience/chain.ts'
import { type DynamoDbServer, startDynamoDb } from './dynamodb-server.ts'
import { contents, DEVICES, freshMemory } from './memory.ts'

let database: DynamoDbServer

beforeAll(async () => {
  database = await startDynamoDb()
})
afterAll(() => database.close())

describe('memory/query', () => {
  test('finds whole words in content and tags, the best first with score 1', async () => {
    const { store, query } = await freshMemory(database)
    await store({ content: 'Tea is made with hot water and tea leaves' })
    await store({ content: 'Water the plants on Monday, then the lawn, then the roses, then the hedge' })
    await store({ content: 'The kettle', tags: ['tea'] })
    await store({ content: 'A teapot stands on the shelf' })

    const result = await query({ query: 'TEA, water!' })

    expect(result.total).toBe(3)
    expect(contents(result)[0]).toBe('Tea is made with hot water and tea leaves')
    expect(result.memories[0]?.score).toBe(1)
    expect(result.memories.every(({ score }) => score > 0 && score <= 1)).toBe(true)
    expect(contents(result)).not.toContain('A teapot stands on the shelf')
  })

  test('finds words of any script, and words that are names of object members', async () => {
    const { store, query } = await freshMemory(database)
    await store({ content: 'Straße und Ärger' })
    await store({ content: 'constructor toString __proto__ hasOwnProperty' })

    expect(contents(await query({ query: 'ÄRGER' }))).toEqual(['Straße und Ärger'])
    expect((await query({ query: 'constructor __proto__' })).total).toBe(1)
    expect((await query({ query: 'valueOf' })).total).toBe(0)
  })

  test('answers nothing for a query without a word', async () => {
    const { store, query } = await freshMemory(database)
    await store({ content: 'anything' })

    expect(await query({ query: '?!' })).toEqual({ memories: [], total: 0 })
  })

  test('searches all layers when none is named, and one when it is', async () => {
    const { store, query } = await freshMemory(database)
    for (const layer of ['short_term', 'long_term', 'working', 'episodic', 'semantic']) {
      await store({ layer, content: `in ${layer}` })
    }

    expect((await query({ query: '*' })).total).toBe(5)
    expect(contents(await query({ query: '*', layer: 'episodic' }))).toEqual(['in episodic'])
    expect(contents(await query({ query: 'in', layer: 'working' }))).toEqual(['in working'])
  })

  test('finds in two layers what a client stored under one correlation id', async () => {
    const { routes, query } = await freshMemory(database)
    for (const layer of ['episodic', 'semantic']) {
      await createChain(routes, { topic: 'memory/store' })({
        metadata: { correlation_id: 'same' },
        payload: { layer, content: 'both', tags: [] },
      })
    }

    expect((await query({ query: 'both' })).total).toBe(2)
  })

  test('lists the newest for "*", over all layers', async () => {
    const { store, query } = await freshMemory(database)
    await store({ content: 'second' }, { receivedAtMs: NOW_MS - 2_000 })
    await store({ content: 'third', layer: 'episodic' }, { receivedAtMs: NOW_MS - 1_000 })
    await store({ content: 'first' }, { receivedAtMs: NOW_MS - 3_000 })

    const result = await query({ query: '*', limit: 2 })

    expect(contents(result)).toEqual(['third', 'second'])
    expect(result.total).toBe(3)
    expect(result.memories.map(({ score }) => score)).toEqual([1, 1])
  })

  test('looks at the newest 500 of a layer and limits what it answers', async () => {
    const { memories, query } = await freshMemory(database)
    const owner = memoryOwner(deviceRecord({ organization_id: 'acme' }), null, 'semantic')
    const count = QUERY_WINDOW_MEMORIES + 3
    await Promise.all(
      Array.from({ length: count }, (_, index) =>
        memories.put(owner, {
          id: crypto.randomUUID(),
          layer: 'semantic',
          content: `note ${index}`,
          tags: [],
          created_at: new Date(NOW_MS - count + index).toISOString(),
        }),
      ),
    )

    const result = await query({ query: 'note', limit: 3 })

    expect(result.total).toBe(QUERY_WINDOW_MEMORIES)
    expect(contents(result)).toEqual([`note ${count - 1}`, `note ${count - 2}`, `note ${count - 3}`])
  })

  test('reads one page of a layer', async () => {
    const { memories, query, tableName } = await freshMemory(database)
    const owner = memoryOwner(deviceRecord({ organization_id: 'acme' }), null, 'semantic')
    const content = 'long '.repeat(2_000)
    await Promise.all(
      Array.from({ length: 130 }, (_, index) =>
        memories.put(owner, {
          id: crypto.randomUUID(),
          layer: 'semantic',
          content,
          tags: [],
          created_at: new Date(NOW_MS - index).toISOString(),
        }),
      ),
    )

    const { total } = await query({ query: 'long', layer: 'semantic', limit: 1 })

    expect(total).toBeGreaterThan(90)
    expect(total).toBeLessThan(130)
    expect(database.dynamoDb.counts()[tableName]).toMatchObject({ Query: 1 })
  })

  test('leaves out what has run out and is not deleted yet', async () => {
    let nowMs = NOW_MS
    const { store, query } = await freshMemory(database, { nowMs: () => nowMs })
    await store({ layer: 'working', content: 'a day' })
    await store({ layer: 'short_term', content: 'a week' })
    await store({ layer: 'episodic', content: 'for good' })

    nowMs = NOW_MS + 24 * 3_600_000 - 1_000
    expect((await query({ query: '*' })).total).toBe(3)
    nowMs += 1_000
    expect(contents(await query({ query: '*' })).sort()).toEqual(['a week', 'for good'])
    nowMs = NOW_MS + 7 * 24 * 3_600_000
    expect(contents(await query({ query: '*' }))).toEqual(['for good'])
  })

  test('shows an organization its own memories on all its devices, and nobody else', async () => {
    const { store, query } = await freshMemory(database)
    await store({ content: 'of acme', user_id: 'u' }, { clientId: 'c1' })
    await store({ content: 'of the lone client', user_id: 'u' }, { clientId: 'lone' })

    expect(contents(await query({ query: '*', user_id: 'u' }, 'c2'))).toEqual(['of acme'])
    expect(contents(await query({ query: '*', user_id: 'u' }, 'c3'))).toEqual([])
    expect(contents(await query({ query: '*', user_id: 'u' }, 'lone'))).toEqual(['of the lone client'])
    // a client that bears the name of an organization
    expect(contents(await query({ query: '*', user_id: 'u' }, 'acme'))).toEqual([])
    expect(contents(await query({ query: '*' }, 'c1'))).toEqual([])
  })

  test.each([
    ['a limit of 0', { query: 'x', limit: 0 }],
    ['a limit over 100', { query: 'x', limit: 101 }],
    ['a limit that is no integer', { query: 'x', limit: 1.5 }],
    ['an empty query', { query: '' }],
  ])('refuses %s', async (_, payload) => {
    const { send } = await freshMemory(database)

    expect(codeOf(await send({ topic: 'memory/query', payload }))).toBe('invalid_payload')
  })

  test('refuses a reply over 128 KB with advice', async () => {
    const { store, query } = await freshMemory(database)
    for (let index = 0; index < 14; index += 1) await store({ content: `${index} ${'long '.repeat(1_990)}` })

    expect(await query({ query: 'long', limit: 14 })).toMatchObject({ code: 'reply_too_large' })
    expect((await query({ query: 'long', limit: 10 })).memories).toHaveLength(10)
  })

  test('says store_unavailable when DynamoDB does not answer', async () => {
    const client = mockClient(DynamoDBClient)
    client.on(QueryCommand).rejects(Object.assign(new Error('socket hang up'), { name: 'TimeoutError' }))
    const memories = createMemoryTable({ client: new DynamoDBClient({}), tableName: 'any' })
    const send = createChain(createMemoryRoutes({ devices: DEVICES, memories }), { topic: 'memory/query' })

    const outcome = await send({ payload: { query: '*' } })

    client.restore()
    expect(codeOf(outcome)).toBe('store_unavailable')
  })
})

test('an entry of a query is the entry of the store but for its score', async () => {
  const { store, query } = await freshMemory(database)
  const stored = answerOf(await store({ content: 'same', tags: ['x', 'y'] })).payload as unknown as MemoryEntry

  expect((await query({ query: 'same' })).memories).toEqual([{ ...stored, score: 1 }])
})
