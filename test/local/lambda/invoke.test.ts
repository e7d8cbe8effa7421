import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { IDLE_WORKER_MS } from '#local/lambda/index.ts'
import { createFakeClock } from '../state/fake-clock.ts'
import { arnOf, functionOf, setUp, writeBundle } from './set-up.ts'

const ECHO = 'export const handler = async (event) => ({ event })'

describe('a function', () => {
  test('gets the event and answers', async () => {
    const { service } = setUp()
    service.define(functionOf(ECHO))

    const result = await service.invoke('echo', { a: [1, null, 'ü'] })

    expect(result).toEqual({
      statusCode: 200,
      payload: { event: { a: [1, null, 'ü'] } },
      requestId: expect.any(String),
    })
  })

  test('is found by its ARN, with and without version', async () => {
    const { service } = setUp()
    service.define(functionOf(ECHO))

    expect((await service.invoke(arnOf('echo'), 1)).payload).toEqual({ event: 1 })
    expect((await service.invoke(`${arnOf('echo')}:$LATEST`, 2)).payload).toEqual({ event: 2 })
  })

  test('loads chunks beside it, from a folder below, and awaits at the top level', async () => {
    const { service } = setUp()
    const codePath = writeBundle({
      'src/index.mjs': `const { word } = await import('../chunk-A.mjs'); export const api = { handler: () => word }`,
      'chunk-A.mjs': `export const word = 'chunk'`,
    })
    service.define(functionOf('', { codePath, handler: 'src/index.api.handler' }))

    expect((await service.invoke('echo', {})).payload).toBe('chunk')
  })

  test('gets the context of Lambda', async () => {
    const { service } = setUp()
    const source = `export const handler = async (event, context) =>
      ({ ...context, remaining: context.getRemainingTimeInMillis(), keys: Object.keys(context) })`
    service.define(functionOf(source, { memoryMb: 256, timeoutSeconds: 3 }))

    const { payload } = await service.invoke('echo', {}, { requestId: 'request-1' })

    expect(payload).toMatchObject({
      awsRequestId: 'request-1',
      functionName: 'echo',
      functionVersion: '$LATEST',
      invokedFunctionArn: arnOf('echo'),
      memoryLimitInMB: '256',
      logGroupName: '/aws/lambda/echo',
      logStreamName: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/),
      callbackWaitsForEmptyEventLoop: true,
      remaining: expect.toSatisfy((value: number) => value > 2000 && value <= 3000),
      keys: expect.not.arrayContaining(['done', 'succeed', 'fail']),
    })
    const qualified = await service.invoke(`${arnOf('echo')}:$LATEST`, {})
    expect(qualified.payload).toMatchObject({ invokedFunctionArn: `${arnOf('echo')}:$LATEST` })
  })

  test('sees its own variables and those of Lambda, and nothing of the process', async () => {
    const { service } = setUp()
    const source = `export const handler = async (event) => {
      const seen = { ...process.env }
      process.env.WRITTEN = 'yes'
      return seen
    }`
    service.define(functionOf(source, { environment: { TABLE: 'memories', AWS_REGION: 'mars-1' } }))
    service.define(functionOf(source, { functionName: 'other' }))

    const { payload } = await service.invoke('echo', {})

    expect(payload).toMatchObject({
      TABLE: 'memories',
      AWS_REGION: 'eu-west-1',
      AWS_LAMBDA_FUNCTION_NAME: 'echo',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      TZ: ':UTC',
    })
    expect(payload).not.toHaveProperty('HOME')
    expect(payload).not.toHaveProperty('NODE_ENV')
    expect(process.env).not.toHaveProperty('WRITTEN')
    expect((await service.invoke('other', {})).payload).not.toHaveProperty('WRITTEN')
  })

  test.each([
    ['undefined', 'undefined', null],
    ['a function', '() => 1', null],
    ['a date', 'new Date(0)', '1970-01-01T00:00:00.000Z'],
  ])('may return %s', async (_, expression, payload) => {
    const { service } = setUp()
    service.define(functionOf(`export const handler = () => (${expression})`))

    expect((await service.invoke('echo', {})).payload).toEqual(payload)
  })
})

describe('environments', () => {
  const SLOW = `let count = 0
    export const handler = async ({ waitMs = 0 }) => { count += 1; await new Promise((r) => setTimeout(r, waitMs)); return count }`

  test('are used again', async () => {
    const { service } = setUp()
    service.define(functionOf(SLOW))

    expect((await service.invoke('echo', {})).payload).toBe(1)
    expect((await service.invoke('echo', {})).payload).toBe(2)
    expect(service.stats().echo).toMatchObject({ invocations: 2, coldStarts: 1, workers: 1, running: 0 })
  })

  test('are started up to the limit, beyond which invocations wait in order', async () => {
    const started: string[] = []
    const { service } = setUp({
      maxWorkersPerFunction: 2,
      onLine: ({ text, requestId = '' }) => void (text.startsWith('START') && started.push(requestId)),
    })
    service.define(functionOf(SLOW))

    const all = ['1', '2', '3', '4', '5'].map((requestId) => service.invoke('echo', { waitMs: 20 }, { requestId }))
    expect(service.stats().echo).toMatchObject({ waiting: 5, workers: 2 })
    await Promise.all(all)

    expect(started).toEqual(['1', '2', '3', '4', '5'])
    expect(service.stats().echo).toMatchObject({ workers: 2, coldStarts: 2, invocations: 5 })
  })

  test('are bounded by reserved concurrency', async () => {
    const { service } = setUp()
    service.define(functionOf(SLOW, { reservedConcurrency: 1 }))

    const first = service.invoke('echo', { waitMs: 5 })
    await expect(service.invoke('echo', {})).rejects.toMatchObject({ code: 'TooManyRequestsException' })
    expect((await first).payload).toBe(1)

    expect((await service.invoke('echo', {})).payload).toBe(2)
    expect(service.stats().echo).toMatchObject({ coldStarts: 1, throttles: 1, invocations: 2 })
  })

  test('have a folder for temporary files each, which goes with them', async () => {
    const { service } = setUp()
    const source = `import { tmpdir } from 'node:os'
      import { existsSync, writeFileSync } from 'node:fs'
      export const handler = async ({ waitMs }) => {
        const before = existsSync(tmpdir() + '/kept')
        writeFileSync(tmpdir() + '/kept', 'x')
        await new Promise((r) => setTimeout(r, waitMs))
        return { folder: tmpdir(), before }
      }`
    service.define(functionOf(source))

    const both = await Promise.all([service.invoke('echo', { waitMs: 100 }), service.invoke('echo', { waitMs: 100 })])
    const again = await service.invoke('echo', { waitMs: 0 })

    const folders = new Set(both.map(({ payload }) => String(Object(payload).folder)))
    expect(folders.size).toBe(2)
    expect(again.payload).toEqual({ folder: expect.toSatisfy((folder) => folders.has(folder)), before: true })
    await service.close()
    expect([...folders].filter((folder) => existsSync(folder))).toEqual([])
  })

  test('end after five minutes without work', async () => {
    const clock = createFakeClock()
    const { service } = setUp({ clock })
    service.define(functionOf(SLOW))
    await service.invoke('echo', {})

    clock.advance(IDLE_WORKER_MS - 1)
    expect(service.stats().echo).toMatchObject({ workers: 1 })
    clock.advance(1)

    expect(service.stats().echo).toMatchObject({ workers: 0 })
    expect((await service.invoke('echo', {})).payload).toBe(1)
  })

  test('can be loaded ahead', async () => {
    const { service, texts } = setUp()
    service.define(functionOf(SLOW))

    await Promise.all([service.warm('echo'), service.warm('echo')])
    await service.warm('echo')
    expect(service.stats().echo).toMatchObject({ workers: 1, coldStarts: 1, invocations: 0 })
    await service.invoke('echo', {})

    expect(service.stats().echo).toMatchObject({ coldStarts: 1 })
    expect(texts().at(-1)).toContain('Init Duration')
  })

  test('take the variables and threads of others with them: none is left after closing', async () => {
    const { service } = setUp()
    service.define(functionOf(SLOW))
    const hanging = service.invoke('echo', { waitMs: 60_000 })
    const refusal = expect(hanging).rejects.toMatchObject({ code: 'ServiceClosed' })

    await service.close()
    await refusal

    expect(service.stats().echo).toMatchObject({ workers: 0, running: 0 })
    await expect(service.invoke('echo', {})).rejects.toMatchObject({ code: 'ServiceClosed' })
    await expect(service.invokeAsync('echo', {})).rejects.toMatchObject({ code: 'ServiceClosed' })
    await service.close()
  })
})

describe('log lines', () => {
  test('are those of Lambda, with the request id and what the function writes', async () => {
    const { service, lines } = setUp()
    const source = `console.log('loading')
      export const handler = async () => {
        console.warn('careful: %s', 'hot', { a: 1 })
        process.stdout.write('{"_aws":')
        process.stdout.write('{}}\\nrest')
      }`
    service.define(functionOf(source))

    await service.invoke('echo', { secret: 'payload' }, { requestId: 'r1' })
    await service.invoke('echo', {}, { requestId: 'r2' })

    const time = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z'
    const report =
      'REPORT RequestId: r\\d\\tDuration: [\\d.]+ ms\\tBilled Duration: \\d+ ms\\tMemory Size: 128 MB\\tMax Memory Used: \\d+ MB'
    const expected: [string | undefined, string][] = [
      [undefined, `^${time}\\tundefined\\tINFO\\tloading$`],
      ['r1', '^START RequestId: r1 Version: \\$LATEST$'],
      ['r1', `^${time}\\tr1\\tWARN\\tcareful: hot { a: 1 }$`],
      ['r1', '^{"_aws":{}}$'],
      ['r1', '^rest$'],
      ['r1', '^END RequestId: r1$'],
      ['r1', `^${report}\\tInit Duration: [\\d.]+ ms$`],
      ['r2', '^START RequestId: r2 Version: \\$LATEST$'],
      ['r2', `^${time}\\tr2\\tWARN\\tcareful: hot { a: 1 }$`],
      ['r2', '^{"_aws":{}}$'],
      ['r2', '^rest$'],
      ['r2', '^END RequestId: r2$'],
      ['r2', `^${report}$`],
    ]
    expect(lines).toEqual(
      expected.map(([requestId, text]) => ({ functionName: 'echo', requestId, text: expect.stringMatching(text) })),
    )
    expect(JSON.stringify(lines)).not.toContain('payload')
  })
})

describe('refusals', () => {
  test.each([
    ['a name with a blank', { functionName: 'a b' }, 'functionName'],
    ['the ARN of another function', { functionArn: arnOf('other') }, 'functionArn'],
    ['a handler without export', { handler: 'index' }, 'handler'],
    ['a handler outside the folder', { handler: '../index.handler' }, 'handler'],
    ['a folder that is not there', { codePath: '/nowhere' }, 'codePath'],
    ['a timeout over 15 minutes', { timeoutSeconds: 901 }, 'timeoutSeconds'],
    ['a timeout of 0', { timeoutSeconds: 0 }, 'timeoutSeconds'],
    ['too little memory', { memoryMb: 64 }, 'memoryMb'],
    ['negative concurrency', { reservedConcurrency: -1 }, 'reservedConcurrency'],
  ])('name %s', (_, changes, message) => {
    const { service } = setUp()

    expect(() => service.define(functionOf(ECHO, changes))).toThrow(
      expect.objectContaining({ code: 'InvalidParameterValueException', message: expect.stringMatching(message) }),
    )
  })

  test('name a function that is there already, or is not', async () => {
    const { service } = setUp()
    service.define(functionOf(ECHO))

    expect(() => service.define(functionOf(ECHO))).toThrow(
      expect.objectContaining({ code: 'ResourceConflictException' }),
    )
    await expect(service.invoke('none', {})).rejects.toMatchObject({ code: 'ResourceNotFoundException' })
    await expect(service.invokeAsync(arnOf('none'), {})).rejects.toMatchObject({ code: 'ResourceNotFoundException' })
    await expect(service.warm('none')).rejects.toMatchObject({ code: 'ResourceNotFoundException' })
  })

  test('name events over the limits, with limit and size', async () => {
    const { service } = setUp()
    service.define(functionOf('export const handler = async (event) => event.length'))
    const json = (bytes: number) => 'x'.repeat(bytes - 2)

    expect((await service.invoke('echo', json(6_291_456))).payload).toBe(6_291_454)
    await expect(service.invoke('echo', json(6_291_457))).rejects.toMatchObject({ code: 'RequestEntityTooLarge' })
    await service.invokeAsync('echo', json(1_048_576))
    await expect(service.invokeAsync('echo', json(1_048_577))).rejects.toThrow(
      'Expected an event of at most 1048576 bytes, got 1048577',
    )
  })

  test('answer an invocation of a function with reserved concurrency 0', async () => {
    const { service } = setUp()
    service.define(functionOf(ECHO, { reservedConcurrency: 0 }))

    await expect(service.invoke('echo', {})).rejects.toMatchObject({ code: 'TooManyRequestsException' })
    expect(service.stats().echo).toMatchObject({ throttles: 1, invocations: 0 })
  })
})
