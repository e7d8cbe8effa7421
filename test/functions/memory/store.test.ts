import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { mockClient } from 'aws-sdk-client-mock'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { memoryEntry } from '#contract/index.ts'
import { createMemoryRoutes } from '#functions/memory/handler.ts'
import { createMemoryTable, KEPT_SECONDS } from '#functions/memory/memory-table.ts'
import { answerOf, codeOf, createChain, NOW_MS } from '../conscience/chain.ts'
import { type DynamoDbServer, startDynamoDb } from './dynamodb-server.ts'
import { contents, DEVICES, freshMemory } from './memory.ts'

let database: DynamoDbServer

beforeAll(async () => {
  database = await startDynamoDb()
})
afterAll(() => database.close())

describe('memory/store', () => {
  test('answers with the entry and announces it without its content', async () => {
    const { store } = await freshMemory(database)

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
    const { store, tableName } = await freshMemory(database)

    await store({ content: 'once' })

    expect(database.dynamoDb.counts()[tableName]).toEqual({ PutItem: 1 })
  })

  test('stores a repeat that reaches the handler once, and answers with the first entry', async () => {
    const { routes, query } = await freshMemory(database)
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
    const { routes, query } = await freshMemory(database)
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
    const { routes } = await freshMemory(database, { nowMs: () => nowMs })
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
    const { send } = await freshMemory(database)

    expect(codeOf(await send({ payload }))).toBe(code)
  })

  test.each(['gone', 'nobody'])('refuses the device "%s", which has no active record', async (clientId) => {
    const { store } = await freshMemory(database)

    expect(codeOf(await store({ content: 'x' }, { clientId }))).toBe('device_unregistered')
  })

  test('refuses bytes that are no JSON', async () => {
    const { send } = await freshMemory(database)

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
