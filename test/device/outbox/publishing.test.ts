import { describe, expect, test } from 'vitest'
import { traceparentOf } from '#contract/index.ts'
import { connect, jamey, type PublishOptions } from '#device/index.ts'
import { createBarrier, createDeviceBench, until, untilEvent, untilState } from '../harness/device-bench.ts'
import { createPacketServer } from '../harness/packet-server.ts'

const status = (message: string) => ({ status: 'online', message, component: 'test' }) as const
const reconnect = { minIntervalMs: 0 }
const messages = (texts: string[]) => texts.map((text) => JSON.parse(text).payload.message)

/** Of a message that begins a trace. */
const traceparentOfNew = (messageId: string) => traceparentOf(messageId.replaceAll('-', ''), messageId)

describe('a publish', () => {
  test('goes out as an envelope, at the QoS of the contract, and waits for the PUBACK', async () => {
    const barrier = createBarrier()
    await using bench = await createDeviceBench({ answer: () => barrier.passed })
    const bridge = await bench.device()
    let isDone = false

    const published = bridge.publish('events/status', status('hello')).finally(() => {
      isDone = true
    })
    await until(() => bench.texts('jamey/events/status').length === 1)
    expect(isDone).toBe(false)
    barrier.open()
    const { messageId, topic, reasonCode } = await published

    expect({ topic, reasonCode }).toEqual({ topic: 'jamey/events/status', reasonCode: 0 })
    expect(JSON.parse(bench.texts('jamey/events/status')[0] ?? '')).toEqual({
      message_id: messageId,
      timestamp: new Date(bench.clock.nowMs()).toISOString(),
      topic: 'jamey/events/status',
      payload: status('hello'),
      metadata: {
        client_id: 'device-1',
        correlation_id: null,
        reply_to: null,
        traceparent: traceparentOfNew(messageId),
      },
    })
    const userProperties = [['traceparent', traceparentOfNew(messageId)]]
    expect(bench.test.messages.at(-1)).toMatchObject({ qos: 1, retain: false, properties: { userProperties } })
  })

  test('carries every option', async () => {
    await using server = await createPacketServer((packet) =>
      packet.cmd === 'connect'
        ? { cmd: 'connack', reasonCode: 0, sessionPresent: false, properties: { topicAliasMaximum: 5 } }
        : undefined,
    )
    await using bridge = await connect(jamey, { url: server.url, clientId: 'd' })
    const options: PublishOptions = {
      qos: 0,
      retain: true,
      messageId: '0b9f1f0e-7c3f-4f7e-8a53-0f0a4e2d7c11',
      metadata: { correlation_id: 'c', reply_to: 'r', own: 1 },
      expirySeconds: 60,
      contentType: 'application/json',
      payloadFormatIndicator: true,
      responseTopic: 'jamey/responses/d',
      correlationData: Uint8Array.from([0, 1, 255]),
      topicAlias: 4,
      userProperties: { one: '1', many: ['2', '3'] },
    }

    await bridge.publish('events/status', status('all'), options)
    await until(() => server.received('publish').length === 1)

    const [packet] = server.received('publish')
    expect(packet).toMatchObject({ qos: 0, retain: true, dup: false })
    expect({ ...packet?.properties, userProperties: { ...packet?.properties?.userProperties } }).toEqual({
      messageExpiryInterval: 60,
      contentType: 'application/json',
      payloadFormatIndicator: true,
      responseTopic: 'jamey/responses/d',
      correlationData: Buffer.from([0, 1, 255]),
      topicAlias: 4,
      userProperties: { one: '1', many: ['2', '3'], traceparent: expect.stringMatching(/^00-/) },
    })
    expect(JSON.parse(String(packet?.payload))).toMatchObject({
      message_id: options.messageId,
      metadata: { client_id: 'd', correlation_id: 'c', reply_to: 'r', own: 1 },
    })
  })

  test('stays in a trace that the metadata names', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device()
    const traceparent = `00-${'a'.repeat(32)}-${'1'.repeat(16)}-01`

    await bridge.publish('events/status', status('hello'), { metadata: { traceparent } })

    expect(JSON.parse(bench.texts('jamey/events/status')[0] ?? '').metadata.traceparent).toBe(traceparent)
    expect(bench.test.messages.at(-1)?.properties.userProperties).toEqual([['traceparent', traceparent]])
  })

  test('leaves out an alias that the broker does not take', async () => {
    await using server = await createPacketServer()
    await using bridge = await connect(jamey, { url: server.url, clientId: 'd' })

    await bridge.publish('events/status', status('x'), { topicAlias: 4 })

    expect(server.received('publish')[0]?.properties).not.toHaveProperty('topicAlias')
  })

  test('repeats a topic as an alias with topicAliases', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device({ topicAliases: true })

    await bridge.publish('events/status', status('one'))
    await bridge.publish('events/status', status('two'))

    expect(messages(bench.texts('jamey/events/status'))).toEqual(['one', 'two'])
    expect(bench.proxy.chunkBytes.at(-1)).toBeLessThan(bench.proxy.chunkBytes.at(-2) ?? 0)
  })

  test.each([
    ['a topic outside of the contract', 'events/unknown', {}, {}, 'topic_unknown'],
    ['a topic of the prototype', 'constructor', {}, {}, 'topic_unknown'],
    ['a payload of the wrong shape', 'events/status', { status: 'fine' }, {}, 'invalid_payload'],
    [
      'a payload that is too large',
      'events/status',
      { ...status('x'), more: 'x'.repeat(131_072) },
      {},
      'payload_too_large',
    ],
    [
      'a parameter that is none',
      'devices/{clientId}/responses',
      { status: 200 },
      { params: { clientId: 'a/b' } },
      'topic_parameter_invalid',
    ],
    [
      'a device that has none of it',
      'org/{organizationId}/device/{deviceId}/response',
      { deviceId: 'd' },
      {},
      'topic_parameter_invalid',
    ],
    ['a topic of the cloud', 'memory/updates', {}, {}, 'permission_denied'],
    ['a priority out of bounds', 'events/status', status('x'), { priority: 256 }, 'configuration_invalid'],
  ])('of %s fails before the wire', async (_, topic, payload, options, code) => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device()

    await expect(bridge.publish(topic as 'events/status', payload as never, options)).rejects.toMatchObject({
      code,
      classification: 'fatal',
    })

    expect(bridge.metrics().published).toBe(0)
  })

  test("fills the placeholders of a topic with the device's own values, or with those that are given", async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device({ organizationId: 'acme', deviceId: 'drone-7' })
    const topic = 'org/{organizationId}/device/{deviceId}/response'

    await bridge.publish(topic, { deviceId: 'drone-7' })
    await bridge.publish(topic, { deviceId: 'drone-8' }, { params: { deviceId: 'drone-8' } })

    expect(JSON.parse(bench.texts('org/acme/device/drone-7/response')[0] ?? '')).toMatchObject({
      deviceId: 'drone-7',
      messageId: expect.any(String),
    })
    expect(bench.texts('org/acme/device/drone-8/response')).toHaveLength(1)
  })

  test('that the broker refuses says why', async () => {
    await using bench = await createDeviceBench({ denied: new Set(['publish jamey/events/status']) })
    const bridge = await bench.device()

    await expect(bridge.publish('events/status', status('x'))).rejects.toMatchObject({
      code: 'publish_refused',
      classification: 'fatal',
      details: { topic: 'jamey/events/status', reasonCode: '0x87' },
    })
  })

  test.each([
    [0x10, undefined],
    [0x97, 'recoverable'],
    [0x99, 'fatal'],
  ])('with the reason code %i is classified as %s', async (reasonCode, classification) => {
    await using server = await createPacketServer((packet) =>
      packet.cmd === 'publish' ? { cmd: 'puback', messageId: packet.messageId ?? 0, reasonCode } : undefined,
    )
    await using bridge = await connect(jamey, { url: server.url, clientId: 'd', limits: { whenExceeded: 'error' } })

    const published = bridge.publish('events/status', status('x'))

    if (classification) await expect(published).rejects.toMatchObject({ code: 'publish_refused', classification })
    else expect(await published).toMatchObject({ reasonCode })
  })

  test('that gets no answer in time fails, and is still sent', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device()
    bench.proxy.refuse()
    await untilState(bridge, 'reconnecting')

    const late = bridge.publish('events/status', status('late'), { timeoutMs: 50 })
    bench.clock.advance(50)
    await expect(late).rejects.toMatchObject({
      code: 'operation_timeout',
      details: { operation: 'publish', timeoutMs: 50 },
    })
    bench.proxy.mend()
    bridge.reset()

    await expect.poll(() => messages(bench.texts('jamey/events/status'))).toEqual(['late'])
  })

  test('that is aborted before it is sent never is', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device()
    const controller = new AbortController()
    bench.proxy.refuse()
    await untilState(bridge, 'reconnecting')

    const aborted = bridge.publish('events/status', status('aborted'), { signal: controller.signal })
    const kept = bridge.publish('events/status', status('kept'))
    controller.abort()
    await expect(aborted).rejects.toMatchObject({ code: 'aborted' })
    bench.proxy.mend()
    bridge.reset()
    await kept

    expect(messages(bench.texts('jamey/events/status'))).toEqual(['kept'])
    await expect(bridge.publish('events/status', status('x'), { signal: controller.signal })).rejects.toMatchObject({
      code: 'aborted',
    })
  })

  test('that is not waited for resolves at once, and its failure is an event', async () => {
    await using bench = await createDeviceBench({ denied: new Set(['publish jamey/events/status']) })
    const bridge = await bench.device()
    const failed = untilEvent(bridge, 'failed')

    const { messageId, topic } = await bridge.publish('events/status', status('x'), { wait: false })

    expect({ messageId, topic }).toEqual({ messageId: expect.any(String), topic: 'jamey/events/status' })
    expect(await failed).toMatchObject({
      operation: 'publish',
      topic: 'events/status',
      error: { code: 'publish_refused' },
    })
    await expect(bridge.publish('events/status', {} as never, { wait: false })).rejects.toMatchObject({
      code: 'invalid_payload',
    })
  })
})

describe('permissions', () => {
  test('are asked before the wire, and the error has the list', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device({
      permissions: ['pub:${root}/events/+', 'sub:${root}/responses/${clientId}', '!pub:${root}/events/errors'],
    })

    await bridge.publish('events/status', status('allowed'))
    const denied = bridge.publish('memory/store', { layer: 'semantic', content: 'x', tags: [] })
    await expect(denied).rejects.toMatchObject({
      code: 'permission_denied',
      classification: 'fatal',
      message: expect.stringContaining('pub:${root}/events/+, sub:${root}/responses/${clientId}'),
      details: { action: 'publish', topic: 'jamey/memory/store' },
    })
    const deniedByPattern = bridge.publish('events/errors', {
      code: 'x',
      message: '',
      component: 'x',
      severity: 'error',
    })
    await expect(deniedByPattern).rejects.toMatchObject({
      code: 'permission_denied',
      details: { pattern: '!pub:${root}/events/errors' },
    })
    await expect(bridge.publish('events/status', status('x'), { retain: true })).rejects.toMatchObject({
      details: { action: 'retain' },
    })
    await expect(bridge.on('memory/updates', () => {})).rejects.toMatchObject({
      code: 'permission_denied',
      details: { action: 'subscribe' },
    })

    expect(bridge.metrics().published).toBe(1)
  })

  test('for `a/+` are not enough for `a/#`, and a `retain:` is for RETAIN', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device({ permissions: ['sub:${root}/events/+', 'retain:${root}/events/status'] })

    await bridge.on('events/+', () => {})
    await bridge.publish('events/status', status('x'), { retain: true })

    await expect(bridge.on('events/#', () => {})).rejects.toMatchObject({ code: 'permission_denied' })
  })

  test('must let a reply in, or nothing is asked', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device({ permissions: ['pub:${root}/#'] })

    const request = bridge.request('conscience/evaluate', { action: 'a', context: '' })

    await expect(request).rejects.toMatchObject({
      code: 'permission_denied',
      details: { topic: 'jamey/responses/device-1' },
    })
    expect(bridge.metrics().published).toBe(0)
  })
})

test('what was sent and not confirmed goes again, first and in its order, with the identifiers it had', async () => {
  let answers = false
  await using server = await createPacketServer((packet) => {
    if (packet.cmd === 'connect') return { cmd: 'connack', reasonCode: 0, sessionPresent: server.connections > 1 }
    return packet.cmd === 'publish' && !answers ? [] : undefined
  })
  await using bridge = await connect(jamey, { url: server.url, clientId: 'd', reconnect })

  const all = ['one', 'two'].map((text) => bridge.publish('events/status', status(text)))
  await until(() => server.received('publish').length === 2)
  answers = true
  server.last().destroy()
  await untilState(bridge, 'reconnecting')
  all.push(bridge.publish('events/status', status('three'), { priority: 255 }))
  await Promise.all(all)

  const sent = server.received('publish')
  expect(sent.map(({ payload, dup }) => [JSON.parse(String(payload)).payload.message, dup])).toEqual([
    ['one', false],
    ['two', false],
    ['one', true],
    ['two', true],
    ['three', false],
  ])
  expect(sent.slice(2, 4).map(({ messageId }) => messageId)).toEqual(sent.slice(0, 2).map(({ messageId }) => messageId))
  expect(new Set(sent.slice(2).map(({ messageId }) => messageId)).size).toBe(3)
  expect(bridge.metrics()).toMatchObject({ resent: 2, acknowledged: 3, inFlight: 0 })
})

test('a broker that has lost the session gets them as new messages', async () => {
  let answers = false
  await using server = await createPacketServer((packet) => (packet.cmd === 'publish' && !answers ? [] : undefined))
  await using bridge = await connect(jamey, { url: server.url, clientId: 'd', reconnect })

  const published = bridge.publish('events/status', status('one'))
  await until(() => server.received('publish').length === 1)
  answers = true
  server.last().destroy()
  await published

  expect(server.received('publish').map(({ dup }) => dup)).toEqual([false, false])
})

test('QoS 0 that was not taken is not sent again', async () => {
  await using bench = await createDeviceBench()
  const bridge = await bench.device()
  bench.proxy.refuse()
  await untilState(bridge, 'reconnecting')

  const waiting = bridge.publish('events/status', status('waited'), { qos: 0 })
  bench.proxy.mend()
  bridge.reset()

  expect(await waiting).not.toHaveProperty('reasonCode')
  await expect.poll(() => messages(bench.texts('jamey/events/status'))).toEqual(['waited'])
})
