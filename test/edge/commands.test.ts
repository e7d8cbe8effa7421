import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { CommandError, type Edge } from '#edge/index.ts'
import { startCallbackReceiver } from './harness/callback-receiver.ts'
import { BASE, createEdgeBench, type EdgeBench, until } from './harness/edge-bench.ts'
import { createEdgeClock } from './harness/edge-clock.ts'

const COMMAND = `${BASE}/command/edge`
const RESPONSE = `${BASE}/response`
const command = (messageId: string, name: string, payload: unknown = {}, more: object = {}) => ({
  waitResponse: true,
  messageId,
  deviceId: 'Instance-1',
  command: name,
  timestamp: '2026-11-20T12:00:00Z',
  payload,
  ...more,
})

describe('a command to a handler in the process', () => {
  let bench: EdgeBench
  let edge: Edge
  const responseTo = async (messageId: string) => {
    const find = () => bench.published(RESPONSE).find((one) => one.messageId === messageId)
    await until(() => find() !== undefined)
    return find()
  }

  beforeAll(async () => {
    bench = await createEdgeBench()
    edge = await bench.start()
    edge.registerHandler('camera/shoot', async ({ exposureMs }) => ({ status: 'success', data: { exposureMs } }), {
      schema: z.object({ exposureMs: z.number().max(1_000) }),
    })
    edge.registerHandler('camera/impostor', () => ({
      status: 'success',
      messageId: 'another',
      deviceId: 'another',
      timestamp: 'never',
    }))
    edge.registerHandler('camera/broken', () => {
      throw new Error('a secret detail')
    })
    edge.registerHandler('camera/busy', () => {
      throw new CommandError('OPERATION_ACTIVE', 'a picture is being taken')
    })
    edge.registerHandler('camera/analyse', new URL('./harness/heavy-command.ts', import.meta.url), { cpuHeavy: true })
  })
  afterAll(() => bench?.[Symbol.asyncDispose]())

  test('is answered with what it returns', async () => {
    await bench.send(COMMAND, command('c1', 'camera/shoot', { exposureMs: 10 }))
    expect(await responseTo('c1')).toEqual({
      status: 'success',
      data: { exposureMs: 10 },
      messageId: 'c1',
      timestamp: expect.stringMatching(/Z$/),
      deviceId: 'Instance-1',
    })
  })

  test('is answered under its own message id, whatever the handler returns', async () => {
    await bench.send(COMMAND, command('c2', 'camera/impostor'))
    expect(await responseTo('c2')).toMatchObject({
      messageId: 'c2',
      deviceId: 'Instance-1',
      timestamp: expect.stringMatching(/Z$/),
    })
  })

  test.each([
    ['camera/shoot', { exposureMs: 5_000 }, 'VALIDATION_ERROR', /exposureMs/],
    ['camera/broken', {}, 'HANDLER_ERROR', /^the handler failed$/],
    ['camera/busy', {}, 'OPERATION_ACTIVE', /^a picture is being taken$/],
  ])('%s with %j is answered with %s', async (name, payload, code, message) => {
    await bench.send(COMMAND, command(code, name, payload))
    expect(await responseTo(code)).toMatchObject({
      status: 'error',
      error_code: code,
      message: expect.stringMatching(message),
    })
  })

  test('that nobody takes is answered with the commands there are', async () => {
    await bench.send(COMMAND, command('c3', 'camera/dance'))
    expect(await responseTo('c3')).toMatchObject({
      error_code: 'UNKNOWN_COMMAND',
      available_commands: expect.arrayContaining(['camera/shoot', 'camera/analyse']),
    })
  })

  test('is not answered when nobody waits', async () => {
    await bench.send(COMMAND, command('silent', 'camera/shoot', { exposureMs: 1 }, { waitResponse: false }))
    await bench.send(COMMAND, command('after', 'camera/shoot', { exposureMs: 1 }))
    await responseTo('after')
    expect(bench.published(RESPONSE).some(({ messageId }) => messageId === 'silent')).toBe(false)
  })

  test('that comes again gets the answer it had, and runs once', async () => {
    let runs = 0
    const remove = edge.registerHandler('counter/next', () => {
      runs += 1
      return { status: 'success', data: runs }
    })
    await bench.send(COMMAND, command('again', 'counter/next'))
    await bench.send(COMMAND, command('again', 'counter/next'))
    await until(() => bench.published(RESPONSE).filter(({ messageId }) => messageId === 'again').length === 2)

    expect(bench.published(RESPONSE).filter(({ messageId }) => messageId === 'again')).toMatchObject([
      { data: 1 },
      { data: 1 },
    ])
    expect(runs).toBe(1)
    await remove()
  })

  test('that keeps a processor busy runs on a thread, and stops nothing else', async () => {
    await bench.send(COMMAND, command('heavy', 'camera/analyse', { busyMs: 300 }))
    const asked = performance.now()
    edge.health()
    await bench.send(COMMAND, command('light', 'camera/shoot', { exposureMs: 1 }))
    await responseTo('light')
    expect(bench.published(RESPONSE).some(({ messageId }) => messageId === 'heavy')).toBe(false)
    expect(await responseTo('heavy')).toMatchObject({ status: 'success', data: { threadId: expect.any(Number) } })
    expect(performance.now() - asked).toBeGreaterThan(0)
  })

  test('on a thread that dies is answered, and the next one gets a new thread', async () => {
    await bench.send(COMMAND, command('dies', 'camera/analyse', { exit: true }))
    expect(await responseTo('dies')).toMatchObject({ error_code: 'HANDLER_ERROR' })
    await bench.send(COMMAND, command('lives', 'camera/analyse', { busyMs: 1 }))
    expect(await responseTo('lives')).toMatchObject({ status: 'success' })
    await bench.send(COMMAND, command('coded', 'camera/analyse', { code: 'NO_LIGHT' }))
    expect(await responseTo('coded')).toMatchObject({ error_code: 'NO_LIGHT' })
  })

  test('has one handler, with a name of program and action', () => {
    expect(() => edge.registerHandler('camera/shoot', () => undefined)).toThrow(TypeError)
    expect(() => edge.registerHandler('shoot', () => undefined)).toThrow(TypeError)
    expect(() => edge.registerHandler('camera/x', (() => undefined) as never, { cpuHeavy: true } as never)).toThrow(
      TypeError,
    )
  })

  test('messages to the web and telemetry name the device', async () => {
    expect(await edge.publishMessage({ messageId: 'c1', progress: 50 })).toBe(true)
    const stop = edge.scheduleTelemetry(() => ({ battery: 80 }), { everyMs: 60_000 })
    await bench.untilPublished(`${BASE}/telemetry`, 1)
    stop()
    expect(bench.published(`${BASE}/command/web`)).toEqual([{ messageId: 'c1', progress: 50, deviceId: 'Instance-1' }])
    expect(bench.published(`${BASE}/telemetry`)).toEqual([{ battery: 80, deviceId: 'Instance-1' }])
  })
})

describe('a command for programs with callbacks', () => {
  test('is answered when the callback is given up', async () => {
    await using bench = await createEdgeBench()
    const edge = await bench.start()
    await using receiver = await startCallbackReceiver()
    receiver.behave((_, response) => response.writeHead(422, { 'x-failed': '1' }).end())
    await edge.subscribe({ kind: 'topic', filter: COMMAND, callbackUrl: receiver.url })
    await bench.send(COMMAND, command('c1', 'petal/x'))
    await bench.untilPublished(RESPONSE, 1)

    expect(bench.published(RESPONSE)).toMatchObject([{ messageId: 'c1', status: 'error', error_code: 'HANDLER_ERROR' }])
  })

  test('is answered when no response came in time, also over a restart, and only then', async () => {
    await using bench = await createEdgeBench()
    const clock = createEdgeClock()
    const first = await bench.start({ clock })
    await using receiver = await startCallbackReceiver()
    await first.subscribe({ kind: 'topic', filter: COMMAND, callbackUrl: receiver.url })
    await bench.send(COMMAND, command('late', 'petal/late'))
    await bench.send(COMMAND, command('answered', 'petal/answered'))
    await receiver.untilAccepted(2)
    await first.publish({ topic: RESPONSE, payload: { messageId: 'answered', status: 'success' } })
    clock.advance(24_000)
    await first.close()

    await bench.start({ clock })
    clock.advance(1_000)
    await bench.untilPublished(RESPONSE, 2)

    expect(bench.published(RESPONSE)).toMatchObject([
      { messageId: 'answered', status: 'success' },
      { messageId: 'late', status: 'error', error_code: 'TIMEOUT' },
    ])
  })
})

describe('a device that is not known yet', () => {
  test('gets its topics when the provisioning file is written, and commands are answered from then on', async () => {
    await using bench = await createEdgeBench()
    const provisioningFile = join(bench.folder, 'provisioned.json')
    const clock = createEdgeClock()
    const edge = await bench.start({
      clock,
      settings: { provisioningFile },
      device: { organizationId: undefined, deviceId: 'Instance-1' },
    })
    expect(edge.health().device_info).toEqual({ organization_id: null, robot_instance_id: 'Instance-1' })
    await expect(edge.publish({ topic: RESPONSE, payload: {} })).rejects.toMatchObject({ code: 'device_unidentified' })
    expect(await edge.publishMessage({})).toBe(false)

    writeFileSync(provisioningFile, JSON.stringify({ thing: {}, state: { desired: { organizationId: 'acme' } } }))
    clock.advance(5_000)
    await until(() => bench.logged('subscribed').some(({ filter }) => filter === COMMAND))
    await bench.send(COMMAND, command('c1', 'any/thing'))
    await bench.untilPublished(RESPONSE, 1)

    expect(bench.published(RESPONSE)).toMatchObject([{ messageId: 'c1', error_code: 'UNKNOWN_COMMAND' }])
    expect(bench.logged('provisioning_unread')).toMatchObject([{ problem: 'ENOENT' }])
  })

  test('gets the command that was kept for it as soon as it is known, and answers', async () => {
    await using bench = await createEdgeBench()
    await (await bench.start()).close()
    await bench.send(COMMAND, command('kept', 'any/thing'))
    const clock = createEdgeClock()
    const edge = await bench.start({ clock, device: { organizationId: undefined } })
    clock.advance(20_000)
    edge.provision({ organizationId: 'acme' })
    await bench.untilPublished(RESPONSE, 1)

    expect(bench.published(RESPONSE)).toMatchObject([{ messageId: 'kept', error_code: 'UNKNOWN_COMMAND' }])
  })
})
