import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { traceparentOf } from '#contract/index.ts'
import { connect, defineContract } from '#device/index.ts'
import { createDeviceBench, until, untilEvent } from '../harness/device-bench.ts'

const request = { method: 'GET', path: '/battery' }
const REQUESTS = 'jamey/devices/device-1/requests'
const RESPONSES = 'jamey/devices/device-1/responses'

describe('a device answers the cloud', () => {
  test("on the topic of the contract, with the request's correlation id", async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device()
    await bridge.respond('devices/{clientId}/requests', ({ path }, { correlationId }) => ({
      status: 200,
      body: `${path} ${correlationId}`,
    }))

    const messageId = await bench.send(REQUESTS, request, { metadata: { correlation_id: 'c-1' } })
    await until(() => bench.texts(RESPONSES).length === 1)

    expect(JSON.parse(bench.texts(RESPONSES)[0] ?? '')).toMatchObject({
      topic: RESPONSES,
      payload: { status: 200, headers: {}, body: '/battery c-1' },
      metadata: { client_id: 'device-1', correlation_id: 'c-1', in_reply_to: messageId, status: 'ok', reply_to: null },
    })
  })

  test('in the trace of the request', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device()
    await bridge.respond('devices/{clientId}/requests', () => ({ status: 200 }))
    const traceparent = `00-${'a'.repeat(32)}-${'1'.repeat(16)}-01`

    await bench.send(REQUESTS, request, { metadata: { correlation_id: 'c-1', traceparent } })
    await until(() => bench.texts(RESPONSES).length === 1)

    const { message_id: messageId, metadata } = JSON.parse(bench.texts(RESPONSES)[0] ?? '')
    expect(metadata.traceparent).toBe(traceparentOf('a'.repeat(32), messageId))
  })

  test('with an error of the table when the responder throws or gives nothing of the contract, never with its text', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device()
    const failures: unknown[] = []
    bridge.onEvent('handlerFailed', ({ error }) => failures.push(error))
    await bridge.respond('devices/{clientId}/requests', ({ path }) => {
      if (path === '/throw') throw new Error('a secret')
      return { status: 99 }
    })

    await bench.send(REQUESTS, { method: 'GET', path: '/throw' }, { metadata: { correlation_id: 'c-1' } })
    await bench.send(REQUESTS, { method: 'GET', path: '/wrong' }, { metadata: { correlation_id: 'c-2' } })
    await until(() => bench.texts(RESPONSES).length === 2)

    for (const text of bench.texts(RESPONSES)) {
      expect(text).not.toContain('secret')
      expect(JSON.parse(text)).toMatchObject({
        payload: { code: 'handler_failed', component: 'device-1' },
        metadata: { status: 'error' },
      })
    }
    expect(failures).toMatchObject([
      { message: 'a secret' },
      { message: expect.stringContaining('does not fit the contract') },
    ])
  })

  test('with progress first, as often as the responder says, and then with the answer', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device()
    await bridge.respond('devices/{clientId}/requests', (_payload, _message, progress) => {
      progress()
      progress()
      return { status: 200 }
    })

    await bench.send(REQUESTS, request, { metadata: { correlation_id: 'c-1' } })
    await until(() => bench.texts(RESPONSES).length === 3)

    const answers = bench.texts(RESPONSES).map((text) => JSON.parse(text))
    expect(answers.map(({ payload }) => payload.status)).toEqual([102, 102, 200])
    for (const { metadata } of answers) expect(metadata).toMatchObject({ correlation_id: 'c-1', status: 'ok' })
  })

  test('once for each request: a repeat gets the same answer, while the first runs as well', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device()
    let runs = 0
    const gate = Promise.withResolvers<void>()
    await bridge.respond('devices/{clientId}/requests', async () => {
      runs += 1
      await gate.promise
      return { status: 200, body: runs }
    })

    for (let repeat = 0; repeat < 3; repeat++)
      await bench.send(REQUESTS, request, { metadata: { correlation_id: 'c-1' } })
    await until(() => bridge.metrics().received === 3)
    gate.resolve()
    await until(() => bench.texts(RESPONSES).length === 3)
    await bench.send(REQUESTS, request, { metadata: { correlation_id: 'c-2' } })
    await until(() => bench.texts(RESPONSES).length === 4)

    expect(bench.texts(RESPONSES).map((text) => JSON.parse(text).payload.body)).toEqual([1, 1, 1, 2])
  })

  test('ten at the same time, or as many as the options say', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device()
    const running = { edge: 0, most: 0 }
    const gates: PromiseWithResolvers<void>[] = []
    await bridge.respond(
      'devices/{clientId}/requests',
      async () => {
        running.most = Math.max(running.most, ++running.edge)
        const gate = Promise.withResolvers<void>()
        gates.push(gate)
        await gate.promise
        running.edge -= 1
        return { status: 204 }
      },
      { concurrency: 3 },
    )

    for (let index = 0; index < 6; index++)
      await bench.send(REQUESTS, request, { metadata: { correlation_id: `c-${index}` } })
    await until(() => bridge.metrics().received === 6)
    while (bench.texts(RESPONSES).length < 6) {
      gates.shift()?.resolve()
      await new Promise((resolve) => setImmediate(resolve))
    }

    expect(running.most).toBe(3)
  })

  test('where it is asked to, if that is a reply topic of the contract', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device()
    const refused = untilEvent(bridge, 'replyRefused')
    await bridge.respond('devices/{clientId}/requests', () => ({ status: 200 }))

    await bench.send(REQUESTS, request, { metadata: { correlation_id: 'c', reply_to: 'jamey/events/errors' } })

    expect(await refused).toEqual({ type: 'replyRefused', topic: REQUESTS, replyTo: 'jamey/events/errors' })
    await until(() => bench.texts(RESPONSES).length === 1)
    expect(bench.texts('jamey/events/errors')).toEqual([])
  })

  test('no request that does not fit', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device()
    const rejected = untilEvent(bridge, 'rejected')
    await bridge.respond('devices/{clientId}/requests', () => ({ status: 200 }))

    await bench.send(REQUESTS, { method: 'GET' }, { metadata: { correlation_id: 'c' } })

    expect(await rejected).toMatchObject({ topic: REQUESTS, code: 'invalid_payload' })
    expect(bench.texts(RESPONSES)).toEqual([])
  })

  test('no topic that is no request', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device()

    await expect(bridge.respond('memory/updates' as never, () => ({}) as never)).rejects.toMatchObject({
      code: 'topic_unknown',
    })
  })
})

describe('flat commands', () => {
  const device = { organizationId: 'acme', deviceId: 'drone-7' }
  const command = { deviceId: 'drone-7', command: 'log/fetch', timestamp: '2026-11-20T12:00:00Z', payload: {} }

  test('are answered with their messageId, which no field of the answer overrides, and only if they wait', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device(device)
    const handled: string[] = []
    await bridge.respond('org/{organizationId}/device/{deviceId}/command/edge', ({ messageId, command: name }) => {
      handled.push(messageId)
      if (name === 'log/break') throw new Error('broken')
      return { deviceId: 'drone-7', messageId: 'forged', status: 'success' }
    })
    const send = (fields: object) =>
      bench.test.broker.publish({
        topic: 'org/acme/device/drone-7/command/edge',
        payload: Buffer.from(JSON.stringify({ ...command, ...fields })),
        qos: 1,
      })

    await send({ messageId: 'silent', waitResponse: false })
    await send({ messageId: 'asked', waitResponse: true })
    await send({ messageId: 'broken', waitResponse: true, command: 'log/break' })
    const answers = () => bench.texts('org/acme/device/drone-7/response').map((text) => JSON.parse(text))
    await until(() => answers().length === 2)

    expect(handled).toEqual(['silent', 'asked', 'broken'])
    expect(answers().toSorted((a, b) => a.messageId.localeCompare(b.messageId))).toEqual([
      { deviceId: 'drone-7', messageId: 'asked', status: 'success' },
      {
        deviceId: 'drone-7',
        messageId: 'broken',
        status: 'error',
        error_code: 'HANDLER_ERROR',
        message: expect.any(String),
      },
    ])
  })
})

test('devices ask and answer each other, on private reply topics', async () => {
  const contract = defineContract({
    root: 'plant',
    topics: {
      'work/{deviceId}': {
        direction: 'shared',
        qos: 1,
        payload: z.object({ n: z.number() }),
        reply: { payload: z.object({ square: z.number() }) },
      },
      'responses/{clientId}': { direction: 'shared', qos: 1, payload: z.json() },
    },
  })
  await using bench = await createDeviceBench()
  const common = { url: bench.url, ca: bench.certificate.cert }
  await using worker = await connect(contract, { ...common, clientId: 'worker', deviceId: 'press' })
  await using asker = await connect(contract, { ...common, clientId: 'asker' })
  await worker.respond('work/{deviceId}', ({ n }) => ({ square: n * n }))

  const answers = await Promise.all(
    [2, 3].map((n) => asker.request('work/{deviceId}', { n }, { params: { deviceId: 'press' } })),
  )

  expect(answers).toEqual([{ square: 4 }, { square: 9 }])
})
