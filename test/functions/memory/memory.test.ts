import { DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb'
import { mockClient } from 'aws-sdk-client-mock'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type MemoryEntry, type MemoryQueryResult, memoryEntry } from '#contract/index.ts'
import { MEMORY_TABLE_KEYS, MEMORY_TIME_INDEX } from '#functions/memory/env.ts'
import { createMemoryRoutes } from '#functions/memory/handler.ts'
import { createMemoryTable, KEPT_SECONDS, QUERY_WINDOW } from '#functions/memory/memory-table.ts'
import { memoryOwner } from '#functions/memory/owner.ts'
import { answerOf, codeOf, createChain, deviceRecord, directoryOf, NOW_MS } from '../conscience/chain.ts'
import { startDynamoDb, tableProperties } from './dynamodb-server.ts'

const DEVICES = directoryOf(
  { client_id: 'c1', organization_id: 'acme' },
  { client_id: 'c2', organization_id: 'acme' },
  { client_id: 'c3', organization_id: 'globex' },
  { client_id: 'lone' },
  { client_id: 'acme' },
  { client_id: 'gone', status: 'revoked' },
)

let database: Awaited<ReturnType<typeof startDynamoDb>>
let tables = 0

beforeAll(async () => {
  database = await startDynamoDb()
})
afterAll(() => database.close())

/** A chain on a table of its own. */
async function freshMemory(options: { nowMs?: () => number } = {}) {
  tables += 1
  const tableName = `memories-${tables}`
  await database.dynamoDb.createTable(tableProperties(MEMORY_TABLE_KEYS, MEMORY_TIME_INDEX), tableName)
  const memories = createMemoryTable({
    client: database.client,
    tableName,
    nowMs: options.nowMs ?? (() => NOW_MS),
  })
  const routes = createMemoryRoutes({ devices: DEVICES, memories })
  const send = createChain(routes, { topic: 'memory/store' })
  return {
    tableName,
    memories,
    routes,
    send,
    store: (payload: Record<string, unknown>, more: { clientId?: string; receivedAtMs?: number } = {}) =>
      send({ payload: { layer: 'semantic', tags: [], ...payload }, ...more }),
    async query(payload: Record<string, unknown>, clientId = 'c1') {
      const outcome = await send({ topic: 'memory/query', payload, clientId })
      return answerOf(outcome).payload as unknown as MemoryQueryResult
    },
  }
}

const contents = ({ memories }: MemoryQueryResult) => memories.map(({ content }) => content)

describe('memory/store', () => {
  test('answers with the entry and announces it without its content', async () => {
    const { store } = await freshMemory()

    const outcome = await store({ content: 'the kettle is on', tags: ['kitchen'] })

    const { topic, payload } = answerOf(outcome)
    expect(topic).toBe('jamey/responses/c1')
    expect(memoryEntry.parse(payload)).toMatchObject({
      layer: 'semantic',
      content: 'the kettle is on',
      tags: ['kitchen'],
      score: 1,
      created_at: '2026-05-20T12:00:00.000Z',
    })
    const note = outcome.outcome === 'reply' ? outcome.messages[1] : undefined
    expect(note?.topic).toBe('jamey/memory/updates')
    expect(note?.envelope.payload).toEqual({ id: payload.id, layer: 'semantic', created_at: payload.created_at })
  })

  test('takes one write and no read of the memory table', async () => {
    const { store, tableName } = await freshMemory()

    await store({ content: 'once' })

    expect(database.dynamoDb.counts()[tableName]).toEqual({ PutItem: 1 })
  })

  test('stores a repeat that reaches the handler once, and answers with the first entry', async () => {
    const { routes, query } = await freshMemory()
    const request = {
      metadata: { correlation_id: 'again' },
      payload: { layer: 'semantic', content: 'one', tags: ['a'] },
    }
    // each chain has a correlation store of its own: the first attempt left no record
    const first = await createChain(routes, { topic: 'memory/store' })(request)
    const second = await createChain(routes, { topic: 'memory/store' })({ ...request, receivedAtMs: NOW_MS + 4 })

    expect(answerOf(second).payload).toEqual(answerOf(first).payload)
    expect(second.outcome === 'reply' && second.messages).toHaveLength(2)
    expect((await query({ query: '*' })).total).toBe(1)
  })

  test('refuses another memory under the id of an ended correlation record', async () => {
    const { routes, query } = await freshMemory()
    const send = (content: string) =>
      createChain(routes, { topic: 'memory/store' })({
        metadata: { correlation_id: 'again' },
        payload: { layer: 'semantic', content, tags: [] },
      })
    await send('one')

    expect(codeOf(await send('two'))).toBe('correlation_conflict')
    expect(contents(await query({ query: '*' }))).toEqual(['one'])
  })

  test('takes the id of a memory whose time has run out, though it still stands', async () => {
    let nowMs = NOW_MS
    const { routes } = await freshMemory({ nowMs: () => nowMs })
    const send = (content: string) =>
      createChain(routes, { topic: 'memory/store' })({
        metadata: { correlation_id: 'again' },
        payload: { layer: 'working', content, tags: [] },
      })
    await send('one')
    nowMs += (KEPT_SECONDS.working ?? 0) * 1_000

    expect(answerOf(await send('two')).payload.content).toBe('two')
  })

  test.each([
    ['an unknown layer', { layer: 'procedural', content: 'x', tags: [] }, 'unknown_layer'],
    ['a layer that is no text', { layer: 7, content: 'x', tags: [] }, 'invalid_payload'],
    ['missing tags', { layer: 'semantic', content: 'x' }, 'invalid_payload'],
    ['empty content', { layer: 'semantic', content: '', tags: [] }, 'invalid_payload'],
    ['content over 10,000 characters', { layer: 'semantic', content: 'x'.repeat(10_001), tags: [] }, 'invalid_payload'],
    ['half a character', { layer: 'semantic', content: 'a\ud800', tags: [] }, 'invalid_payload'],
    ['half a character in a tag', { layer: 'semantic', content: 'a', tags: ['\udc00'] }, 'invalid_payload'],
    ['a payload that is no object', 'text', 'invalid_payload'],
  ])('refuses %s', async (_, payload, code) => {
    const { send } = await freshMemory()

    expect(codeOf(await send({ payload }))).toBe(code)
  })

  test.each(['gone', 'nobody'])('refuses the device "%s", which has no active record', async (clientId) => {
    const { store } = await freshMemory()

    expect(codeOf(await store({ content: 'x' }, { clientId }))).toBe('device_unregistered')
  })

  test('refuses bytes that are no JSON', async () => {
    const { send } = await freshMemory()

    expect(codeOf(await send({ payload: null, bytes: '{"message_id"' }))).toBe('malformed_json')
  })

  test('says store_unavailable when DynamoDB throttles, and nothing of why', async () => {
    const client = mockClient(DynamoDBClient)
    client.on(PutItemCommand).rejects(Object.assign(new Error('secret detail'), { name: 'ThrottlingException' }))
    const memories = createMemoryTable({ client: new DynamoDBClient({}), tableName: 'any' })
    const send = createChain(createMemoryRoutes({ devices: DEVICES, memories }), { topic: 'memory/store' })

    const outcome = await send({ payload: { layer: 'semantic', content: 'x', tags: [] } })

    client.restore()
    expect(codeOf(outcome)).toBe('store_unavailable')
    expect(JSON.stringify(outcome)).not.toContain('secret detail')
  })
})

describe('memory/query', () => {
  test('finds whole words in content and tags, the best first with score 1', async () => {
    const { store, query } = await freshMemory()
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
    const { store, query } = await freshMemory()
    await store({ content: 'Straße und Ärger' })
    await store({ content: 'constructor toString __proto__ hasOwnProperty' })

    expect(contents(await query({ query: 'ÄRGER' }))).toEqual(['Straße und Ärger'])
    expect((await query({ query: 'constructor __proto__' })).total).toBe(1)
    expect((await query({ query: 'valueOf' })).total).toBe(0)
  })

  test('answers nothing for a query without a word', async () => {
    const { store, query } = await freshMemory()
    await store({ content: 'anything' })

    expect(await query({ query: '?!' })).toEqual({ memories: [], total: 0 })
  })

  test('searches all layers when none is named, and one when it is', async () => {
    const { store, query } = await freshMemory()
    for (const layer of ['short_term', 'long_term', 'working', 'episodic', 'semantic']) {
      await store({ layer, content: `in ${layer}` })
    }

    expect((await query({ query: '*' })).total).toBe(5)
    expect(contents(await query({ query: '*', layer: 'episodic' }))).toEqual(['in episodic'])
    expect(contents(await query({ query: 'in', layer: 'working' }))).toEqual(['in working'])
  })

  test('finds in two layers what a client stored under one correlation id', async () => {
    const { routes, query } = await freshMemory()
    for (const layer of ['episodic', 'semantic']) {
      await createChain(routes, { topic: 'memory/store' })({
        metadata: { correlation_id: 'same' },
        payload: { layer, content: 'both', tags: [] },
      })
    }

    expect((await query({ query: 'both' })).total).toBe(2)
  })

  test('lists the newest for "*", over all layers', async () => {
    const { store, query } = await freshMemory()
    await store({ content: 'second' }, { receivedAtMs: NOW_MS - 2_000 })
    await store({ content: 'third', layer: 'episodic' }, { receivedAtMs: NOW_MS - 1_000 })
    await store({ content: 'first' }, { receivedAtMs: NOW_MS - 3_000 })

    const result = await query({ query: '*', limit: 2 })

    expect(contents(result)).toEqual(['third', 'second'])
    expect(result.total).toBe(3)
    expect(result.memories.map(({ score }) => score)).toEqual([1, 1])
  })

  test('looks at the newest 500 of a layer and limits what it answers', async () => {
    const { memories, query } = await freshMemory()
    const owner = memoryOwner(deviceRecord({ organization_id: 'acme' }), null, 'semantic')
    const count = QUERY_WINDOW.memories + 3
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

    expect(result.total).toBe(QUERY_WINDOW.memories)
    expect(contents(result)).toEqual([`note ${count - 1}`, `note ${count - 2}`, `note ${count - 3}`])
  })

  test('leaves out what has run out and is not deleted yet', async () => {
    let nowMs = NOW_MS
    const { store, query } = await freshMemory({ nowMs: () => nowMs })
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
    const { store, query } = await freshMemory()
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
    const { send } = await freshMemory()

    expect(codeOf(await send({ topic: 'memory/query', payload }))).toBe('invalid_payload')
  })

  test('refuses a reply over 128 KB with advice', async () => {
    const { store, query } = await freshMemory()
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
  const { store, query } = await freshMemory()
  const stored = answerOf(await store({ content: 'same', tags: ['x', 'y'] })).payload as unknown as MemoryEntry

  expect((await query({ query: 'same' })).memories).toEqual([{ ...stored, score: 1 }])
})
