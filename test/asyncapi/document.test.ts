import { Parser } from '@asyncapi/parser'
import { describe, expect, test } from 'vitest'
import { asyncApiDocument, VIEWS } from '#asyncapi/index.ts'
import { TOPIC_KEYS, topicDefinition, topicTemplate } from '#contract/index.ts'

interface Document {
  channels: Record<string, { address: string; messages: Record<string, unknown>; parameters?: object }>
  operations: Record<string, { action: string; channel: Reference; messages: Reference[]; reply?: Reply }>
  components: { messages: Record<string, { payload: object; examples: { payload: unknown }[] }>; schemas: object }
  servers: Record<string, { host: string; security: Reference[] }>
}
type Reference = { $ref: string }
type Reply = { channel: Reference; messages: Reference[] }

const parser = new Parser()
const documentOf = (options: Partial<Parameters<typeof asyncApiDocument>[0]> = {}) =>
  asyncApiDocument({ version: '1.0.0', ...options }) as Document
/** What the official parser finds wrong, without its advice on newer versions of the specification. */
async function problemsOf(document: object): Promise<string[]> {
  const { diagnostics } = await parser.parse(JSON.stringify(document))
  const found = diagnostics.filter(({ code }) => code !== 'asyncapi-latest-version')
  return found.map(({ path, message }) => `${path.join('.')}: ${message}`)
}

describe('the AsyncAPI document', () => {
  test.each(VIEWS)('is valid in the view of the %s', async (view) => {
    expect(await problemsOf(documentOf({ view }))).toEqual([])
  })

  test('is found out with a reference that leads nowhere', async () => {
    const document = documentOf()
    Object.assign(document.components.messages.errorReply ?? {}, { payload: { $ref: '#/components/schemas/Nothing' } })

    expect((await problemsOf(document)).join('\n')).toContain('components.messages.errorReply.payload')
  })

  test('has a channel for every topic, at its address below the root', () => {
    const { channels } = documentOf({ root: 'garden' })

    expect(Object.values(channels).map(({ address }) => address)).toEqual(
      TOPIC_KEYS.map((key) => topicTemplate('garden', key)),
    )
    expect(channels.responses?.parameters).toHaveProperty('clientId')
  })

  test('lets the bridge receive what devices send, and the other way round', () => {
    const [bridge, device] = VIEWS.map((view) => documentOf({ view }).operations)

    expect(bridge).toHaveProperty('receiveMemoryStore')
    expect(bridge).toHaveProperty('sendMemoryUpdates')
    expect(bridge).not.toHaveProperty('sendEventsStatus')
    expect(device).toHaveProperty('sendMemoryStore')
    expect(device).toHaveProperty('receiveMemoryUpdates')
    expect(Object.keys(device ?? {})).toEqual(expect.arrayContaining(['sendEventsStatus', 'receiveEventsStatus']))
  })

  test('answers each request with its own reply or an error, with and without envelope', () => {
    const { operations } = documentOf()
    const answered = TOPIC_KEYS.filter((key) => topicDefinition(key).reply)
    const replies = Object.values(operations).filter(({ action, reply }) => action === 'receive' && reply)

    expect(replies).toHaveLength(answered.length)
    expect(operations.receiveMemoryQuery?.reply).toEqual({
      channel: { $ref: '#/channels/responses' },
      messages: ['memoryQueryReply', 'memoryQueryBareReply', 'errorReply', 'errorBareReply'].map((id) => ({
        $ref: `#/channels/responses/messages/${id}`,
      })),
    })
  })

  test('names for each server how a device proves who it is', () => {
    const { servers } = documentOf()

    expect(servers.localMqtt).toMatchObject({
      host: 'localhost:8883',
      security: [{ $ref: expect.stringMatching(/token$/) }],
    })
    expect(servers.awsMqtt?.host).toBe('{hostName}:443')
  })
})
