import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { connect, defineContract, jamey } from '#device/index.ts'
import { createDeviceBench, type DeviceBench, until, untilEvent, untilState } from '../harness/device-bench.ts'

const EVALUATION = { action: 'help', moral_score: 0.5, explanation: 'why', applied_rules: [], approved: true }
const ask = { action: 'help', context: '' }

/** Answers envelopes as the cloud does. */
async function answerEnvelope(
  text: string,
  send: DeviceBench['send'],
  status: 'ok' | 'error' = 'ok',
  payload: unknown = EVALUATION,
) {
  const { message_id, metadata } = JSON.parse(text)
  if (!metadata?.reply_to) return
  const reply = { correlation_id: metadata.correlation_id, in_reply_to: message_id, status }
  await send(metadata.reply_to, payload, { metadata: reply })
}

const answering = {
  answer: ({ payload }: { payload: Buffer }, { send }: DeviceBench) => answerEnvelope(payload.toString(), send),
}

describe('a request', () => {
  test('asks on the private reply topic, in the envelope and in MQTT 5, and resolves to the validated reply', async () => {
    await using bench = await createDeviceBench(answering)
    const bridge = await bench.device()

    expect(await bridge.request('conscience/evaluate', ask)).toEqual(EVALUATION)

    const [message] = bench.test.messages
    const { metadata } = JSON.parse(String(message?.payload))
    expect(metadata).toEqual({
      client_id: 'device-1',
      correlation_id: expect.any(String),
      reply_to: 'jamey/responses/device-1',
      traceparent: expect.any(String),
    })
    expect(message?.properties).toEqual({
      userProperties: [['traceparent', metadata.traceparent]],
      responseTopic: 'jamey/responses/device-1',
      correlationData: Buffer.from(metadata.correlation_id),
    })
  })

  test('works over MQTT 3.1.1', async () => {
    await using bench = await createDeviceBench(answering)
    const bridge = await bench.device({ protocolVersion: 4 })

    expect(await bridge.request('conscience/evaluate', ask)).toEqual(EVALUATION)
  })

  test('does not wait for others, and each gets its own reply', async () => {
    const texts: string[] = []
    await using bench = await createDeviceBench({ answer: ({ payload }) => texts.push(payload.toString()) })
    const bridge = await bench.device()

    const requests = Array.from({ length: 50 }, (_, index) =>
      bridge.request('conscience/evaluate', { ...ask, action: `a${index}` }),
    )
    await until(() => texts.length === 50)
    for (const text of texts.toReversed()) {
      await answerEnvelope(text, bench.send, 'ok', { ...EVALUATION, action: JSON.parse(text).payload.action })
    }

    expect((await Promise.all(requests)).map(({ action }) => action)).toEqual(
      Array.from({ length: 50 }, (_, index) => `a${index}`),
    )
    expect(bridge.metrics()).toMatchObject({ requests: 50, replies: 50, subscriptions: 1 })
  })

  test('waits for a connection, and for the subscription of its reply topic before anything is sent', async () => {
    await using bench = await createDeviceBench(answering)
    const bridge = await bench.device({ startOffline: true })

    expect(await bridge.request('conscience/evaluate', ask)).toEqual(EVALUATION)
  })

  test('that is answered with an error says so with its code', async () => {
    const notification = {
      code: 'deadline_exceeded',
      message: 'too old',
      component: 'c',
      details: null,
      severity: 'error',
    }
    await using bench = await createDeviceBench({
      answer: ({ payload }, { send }) => answerEnvelope(payload.toString(), send, 'error', notification),
    })
    const bridge = await bench.device()

    await expect(bridge.request('conscience/evaluate', ask)).rejects.toMatchObject({
      code: 'request_refused',
      classification: 'recoverable',
      details: { topic: 'conscience/evaluate', code: 'deadline_exceeded', problem: 'too old', notification },
    })
  })

  test('that is answered with another shape rejects', async () => {
    await using bench = await createDeviceBench({
      answer: ({ payload }, { send }) => answerEnvelope(payload.toString(), send, 'ok', { moral_score: 9 }),
    })
    const bridge = await bench.device()

    await expect(bridge.request('conscience/evaluate', ask)).rejects.toMatchObject({
      code: 'reply_invalid',
      classification: 'fatal',
    })
  })

  test('without a reply ends after 30 s or its own time, and the reply that comes then is counted', async () => {
    const texts: string[] = []
    await using bench = await createDeviceBench({ answer: ({ payload }) => texts.push(payload.toString()) })
    const bridge = await bench.device({ keepAliveSeconds: 0 })
    const late = untilEvent(bridge, 'lateReply')

    const usual = bridge.request('conscience/evaluate', ask)
    const short = bridge.request('conscience/evaluate', ask, { timeoutMs: 5 })
    await until(() => texts.length === 2)
    bench.clock.advance(5)
    await expect(short).rejects.toMatchObject({
      code: 'reply_timeout',
      classification: 'recoverable',
      details: { topic: 'conscience/evaluate', timeoutMs: 5 },
    })
    bench.clock.advance(29_994)
    await answerEnvelope(texts[1] ?? '', bench.send)
    expect(await late).toMatchObject({
      topic: 'jamey/responses/device-1',
      correlationId: JSON.parse(texts[1] ?? '').metadata.correlation_id,
    })
    bench.clock.advance(1)
    await expect(usual).rejects.toMatchObject({ code: 'reply_timeout', details: { timeoutMs: 30_000 } })

    expect(bridge.metrics()).toMatchObject({ timedOut: 2, lateReplies: 1, replies: 0 })
  })

  test('that is aborted is taken back and its reply ignored', async () => {
    const texts: string[] = []
    await using bench = await createDeviceBench({ answer: ({ payload }) => texts.push(payload.toString()) })
    const bridge = await bench.device()
    const controller = new AbortController()

    const aborted = bridge.request('conscience/evaluate', ask, { signal: controller.signal })
    await until(() => texts.length === 1)
    controller.abort()
    await expect(aborted).rejects.toMatchObject({ code: 'aborted' })
    await answerEnvelope(texts[0] ?? '', bench.send)

    await untilEvent(bridge, 'lateReply')
  })

  test('that the broker refuses ends at once', async () => {
    await using bench = await createDeviceBench({ denied: new Set(['publish jamey/conscience/evaluate']) })
    const bridge = await bench.device()

    await expect(bridge.request('conscience/evaluate', ask)).rejects.toMatchObject({ code: 'publish_refused' })
  })

  test('that may not hear its reply ends at once', async () => {
    await using bench = await createDeviceBench({ denied: new Set(['subscribe jamey/responses/device-1']) })
    const bridge = await bench.device()

    await expect(bridge.request('conscience/evaluate', ask)).rejects.toMatchObject({ code: 'subscribe_refused' })
    expect(bridge.metrics().published).toBe(0)
  })

  test('is sent again with the same correlation id, as often as it says', async () => {
    const texts: string[] = []
    await using bench = await createDeviceBench({ answer: ({ payload }) => texts.push(payload.toString()) })
    const bridge = await bench.device({ keepAliveSeconds: 0 })

    const request = bridge.request('conscience/evaluate', ask, {
      retries: 2,
      retryAfterMs: 1_000,
      correlationId: 'mine',
    })
    await until(() => texts.length === 1)
    for (const sent of [2, 3]) {
      bench.clock.advance(1_000)
      await until(() => texts.length === sent)
    }
    bench.clock.advance(20_000)
    await answerEnvelope(texts[2] ?? '', bench.send)

    expect(await request).toEqual(EVALUATION)
    const sent = bench.texts('jamey/conscience/evaluate').map((text) => JSON.parse(text))
    expect(sent.map(({ metadata }) => metadata.correlation_id)).toEqual(['mine', 'mine', 'mine'])
    expect(new Set(sent.map(({ message_id }) => message_id)).size).toBe(3)
    expect(sent).toHaveLength(3)
  })

  test('spreads its retries over its time unless told otherwise', async () => {
    const texts: string[] = []
    await using bench = await createDeviceBench({ answer: ({ payload }) => texts.push(payload.toString()) })
    const bridge = await bench.device({ keepAliveSeconds: 0 })

    const request = bridge.request('conscience/evaluate', ask, { retries: 1, timeoutMs: 10_000 })
    request.catch(() => {})
    await until(() => texts.length === 1)
    bench.clock.advance(4_999)
    expect(bridge.metrics().published).toBe(1)
    bench.clock.advance(1)
    await until(() => texts.length === 2)
    bench.clock.advance(5_000)

    await expect(request).rejects.toMatchObject({ code: 'reply_timeout' })
  })

  test('survives a lost connection', async () => {
    const texts: string[] = []
    await using bench = await createDeviceBench({ answer: ({ payload }) => texts.push(payload.toString()) })
    const bridge = await bench.device()

    const request = bridge.request('conscience/evaluate', ask)
    await until(() => texts.length === 1)
    bench.proxy.cut()
    await untilState(bridge, 'reconnecting')
    await answerEnvelope(texts[0] ?? '', bench.send)

    expect(await request).toEqual(EVALUATION)
  })

  test('may name a shared reply topic, and errors still come on the private one', async () => {
    let status: 'ok' | 'error' = 'ok'
    await using bench = await createDeviceBench({
      async answer({ payload }, { send }) {
        const { metadata } = JSON.parse(payload.toString())
        if (!metadata.reply_to) return
        const topic = status === 'ok' ? metadata.reply_to : 'jamey/responses/device-1'
        const body =
          status === 'ok' ? EVALUATION : { code: 'handler_failed', message: 'no', component: 'c', severity: 'error' }
        await send(topic, body, { metadata: { correlation_id: metadata.correlation_id, status } })
      },
    })
    const bridge = await bench.device()
    await bridge.request('conscience/evaluate', ask)

    expect(await bridge.request('conscience/evaluate', ask, { replyTopic: 'conscience/results' })).toEqual(EVALUATION)
    expect(JSON.parse(bench.texts('jamey/conscience/evaluate')[1] ?? '').metadata.reply_to).toBe(
      'jamey/conscience/results',
    )
    status = 'error'
    await expect(
      bridge.request('conscience/evaluate', ask, { replyTopic: 'conscience/results' }),
    ).rejects.toMatchObject({ details: { code: 'handler_failed' } })
  })
})

describe('the other correlations', () => {
  const contract = defineContract({
    root: 'plant',
    topics: {
      sum: { direction: 'toCloud', qos: 1, wire: 'bare', payload: z.array(z.number()), reply: { payload: z.number() } },
      'responses/{clientId}': { direction: 'toDevice', qos: 1, payload: z.json() },
      '{deviceId}/command': {
        direction: 'shared',
        qos: 1,
        wire: 'petal',
        payload: z.looseObject({ command: z.string() }),
        reply: { payload: z.looseObject({ status: z.string() }), topic: '{deviceId}/response' },
      },
      '{deviceId}/response': { direction: 'shared', qos: 1, wire: 'petal', payload: z.looseObject({}) },
    },
  })

  test('MQTT 5 alone: a bare payload is answered with the same correlation data', async () => {
    await using bench = await createDeviceBench({
      async answer({ topic, payload, properties }, { test: { broker } }) {
        if (topic !== 'plant/sum') return
        const numbers = JSON.parse(payload.toString()) as number[]
        const isEmpty = numbers.length === 0
        const answer = isEmpty
          ? { code: 'invalid_payload', message: 'nothing to add' }
          : numbers.reduce((a, b) => a + b)
        const { responseTopic = '', correlationData } = properties
        const userProperties: [string, string][] = [['status', isEmpty ? 'error' : 'ok']]
        await broker.publish({
          topic: responseTopic,
          payload: Buffer.from(JSON.stringify(answer)),
          qos: 1,
          properties: { correlationData, userProperties },
        })
      },
    })
    await using bridge = await connect(contract, { url: bench.url, ca: bench.certificate.cert, clientId: 'device-1' })

    expect(await bridge.request('sum', [1, 2, 3])).toBe(6)
    await expect(bridge.request('sum', [])).rejects.toMatchObject({
      code: 'request_refused',
      details: { code: 'invalid_payload', problem: 'nothing to add' },
    })
    expect(bench.texts('plant/sum')[0]).toBe('[1,2,3]')
  })

  test('a flat message: its messageId is in the reply, and its own echo is no reply', async () => {
    await using bench = await createDeviceBench({
      async answer({ topic, payload }, { test: { broker } }) {
        const { messageId, command } = JSON.parse(payload.toString())
        const body = {
          messageId,
          deviceId: 'drone',
          ...(command === 'fly'
            ? { status: 'success' }
            : { status: 'error', error_code: 'UNKNOWN_COMMAND', message: 'what?' }),
        }
        if (topic === 'plant/drone/command')
          await broker.publish({ topic: 'plant/drone/response', payload: Buffer.from(JSON.stringify(body)), qos: 1 })
      },
    })
    await using bridge = await connect(contract, {
      url: bench.url,
      ca: bench.certificate.cert,
      clientId: 'device-1',
      deviceId: 'drone',
    })
    const echoes: unknown[] = []
    await bridge.on('{deviceId}/command', (payload) => echoes.push(payload.command))

    expect(await bridge.request('{deviceId}/command', { command: 'fly', messageId: 'own-1' })).toMatchObject({
      messageId: 'own-1',
      status: 'success',
    })
    await expect(bridge.request('{deviceId}/command', { command: 'swim' })).rejects.toMatchObject({
      details: { code: 'UNKNOWN_COMMAND', problem: 'what?' },
    })

    expect(echoes).toEqual(['fly', 'swim'])
    expect(JSON.parse(bench.texts('plant/drone/command')[0] ?? '')).toEqual({ command: 'fly', messageId: 'own-1' })
  })

  test('a topic that nobody answers is no request', async () => {
    await using bench = await createDeviceBench()
    await using bridge = await connect(jamey, { url: bench.url, ca: bench.certificate.cert, clientId: 'device-1' })

    await expect(bridge.request('events/status' as never, {} as never)).rejects.toMatchObject({ code: 'topic_unknown' })
  })
})
