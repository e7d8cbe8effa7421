import { describe, expect, test } from 'vitest'
import type { Json } from '#contract/index.ts'
import { CLIENT_ID, NOW_MS, ruleEvent } from '../../fixtures/rule-event.ts'
import { codeOf, createChain, EVALUATE, onlyMessage, PRIVATE, RESULT } from './chain.ts'

const TRACE_ID = '3b1f8c6e-58f3-4a6a-9f0e-0c8c2ad00001'
const OTHER_TRACE_ID = '3b1f8c6e-58f3-4a6a-9f0e-0c8c2ad00002'
const UUID = '0a4e1f6e-1111-4222-8333-444455556666'
const base64 = (data: string | Buffer) => Buffer.from(data).toString('base64')

/** A payload as a client without envelope sends it, with response topic and correlation data. */
const bareEvent = (payload: Json, facts: Record<string, unknown> = {}) =>
  ruleEvent(payload, { response_topic: PRIVATE, correlation_data: base64('1'), broker_trace_id: TRACE_ID, ...facts })

describe('a request of MQTT 5 without envelope', () => {
  test('is answered on its response topic, without envelope, with the same correlation data', async () => {
    const chain = createChain()
    const message = onlyMessage(await chain.invoke(bareEvent(EVALUATE)))

    expect(message).toMatchObject({ topic: PRIVATE, form: 'bare', correlation_data: base64('1') })
    expect(message.envelope).toMatchObject({
      payload: RESULT,
      metadata: { client_id: CLIENT_ID, correlation_id: null, in_reply_to: TRACE_ID, status: 'ok' },
    })
    expect(chain.runs()).toBe(1)
  })

  test('is told what was wrong in the same form', async () => {
    const message = onlyMessage(await createChain().invoke(bareEvent({ action: 7 })))

    expect(message).toMatchObject({ topic: PRIVATE, form: 'bare', correlation_data: base64('1') })
    expect(codeOf(message.envelope)).toBe('invalid_payload')
    expect(message.envelope.metadata.status).toBe('error')
  })

  test.each<[string, Json]>([
    ['a text', '"hello"'],
    ['a list', [1, 2]],
    ['nothing', null],
  ])('that is %s gets invalid_payload', async (_, payload) => {
    const message = onlyMessage(await createChain().invoke(bareEvent(payload)))
    expect(message.form).toBe('bare')
    expect(codeOf(message.envelope)).toBe('invalid_payload')
  })

  test('is answered with an envelope on a shared topic, where others listen', async () => {
    const message = onlyMessage(
      await createChain().invoke(bareEvent(EVALUATE, { response_topic: 'jamey/conscience/results' })),
    )
    expect(message).toMatchObject({ topic: 'jamey/conscience/results', correlation_data: base64('1') })
    expect(message.form).toBeUndefined()
  })

  test('may not name a response topic that is not its own', async () => {
    const message = onlyMessage(
      await createChain().invoke(bareEvent(EVALUATE, { response_topic: 'jamey/responses/you' })),
    )
    expect(message).toMatchObject({ topic: PRIVATE, form: 'bare' })
    expect(codeOf(message.envelope)).toBe('reply_to_forbidden')
  })

  test.each([{ message_id: 7 }, { payload: EVALUATE }, { ...EVALUATE, message_id: null }])(
    'is not what names parts of an envelope: %o',
    async (payload) => {
      const message = onlyMessage(await createChain().invoke(bareEvent(payload)))
      expect(message.form).toBeUndefined()
      expect(codeOf(message.envelope)).toBe('invalid_envelope')
    },
  )

  test('needs a response topic', async () => {
    const message = onlyMessage(await createChain().invoke(bareEvent(EVALUATE, { response_topic: undefined })))
    expect(codeOf(message.envelope)).toBe('invalid_envelope')
  })

  test('whose bytes are no JSON is answered as ever', async () => {
    const event = { ...bareEvent(EVALUATE), payload: base64('not json') }
    expect(codeOf(onlyMessage(await createChain().invoke(event)).envelope)).toBe('malformed_json')
  })
})

describe('repeats of a bare request', () => {
  test('a duplicate of Lambda, with the same trace id, gets the stored reply in the same form', async () => {
    const chain = createChain()
    const first = await chain.invoke(bareEvent(EVALUATE))
    const again = await chain.invoke(bareEvent(EVALUATE))

    expect(again.outcome).toBe('replay')
    expect(onlyMessage(again)).toEqual(onlyMessage(first))
    expect(chain.runs()).toBe(1)
  })

  test('correlation data that counts from one is no identity: two messages are two requests', async () => {
    const chain = createChain()
    await chain.invoke(bareEvent(EVALUATE))
    const next = await chain.invoke(bareEvent({ ...EVALUATE, context: 'other' }, { broker_trace_id: OTHER_TRACE_ID }))

    expect(next.outcome).toBe('reply')
    expect(chain.runs()).toBe(2)
  })

  test.each([
    ['as text', base64(UUID)],
    ['as text in capitals', base64(UUID.toUpperCase())],
    ['in 16 bytes', base64(Buffer.from(UUID.replaceAll('-', ''), 'hex'))],
  ])('a UUID as correlation data, %s, makes a repeat known', async (_, correlationData) => {
    const chain = createChain()
    await chain.invoke(bareEvent(EVALUATE, { correlation_data: base64(UUID) }))
    const again = await chain.invoke(
      bareEvent(EVALUATE, { correlation_data: correlationData, broker_trace_id: OTHER_TRACE_ID }),
    )

    expect(again.outcome).toBe('replay')
    expect(onlyMessage(again).correlation_data).toBe(correlationData)
  })

  test('without a trace id the message itself tells a duplicate from another', async () => {
    const chain = createChain()
    const facts = { broker_trace_id: undefined, received_at_ms: NOW_MS }
    await chain.invoke(bareEvent(EVALUATE, facts))

    expect((await chain.invoke(bareEvent(EVALUATE, facts))).outcome).toBe('replay')
    expect((await chain.invoke(bareEvent(EVALUATE, { ...facts, received_at_ms: NOW_MS - 1 }))).outcome).toBe('reply')
  })
})
