import { describe, expect, test } from 'vitest'
import { functionOf, setUp } from './set-up.ts'

const REQUEST_ID = 'b6a1a4d0-0000-4000-8000-000000000001'

/** What an invocation of the source comes to, and what a second one of the same function answers. */
async function failureOf(source: string, changes = {}) {
  const { service, lines, entries } = setUp()
  service.define(functionOf(source, changes))
  const result = await service.invoke('echo', { fail: true }, { requestId: REQUEST_ID })
  const next = await service.invoke('echo', { fail: false })
  return { result, next, stats: service.stats().echo, texts: lines.map(({ text }) => text), entries }
}

const handlerOf = (body: string) =>
  `export const handler = async (event) => { if (event.fail) { ${body} } return 'fine' }`

describe('an error of the handler', () => {
  test.each([
    ['thrown', `throw new TypeError('bad')`, 'TypeError', 'bad'],
    ['rejected', `await Promise.reject(new RangeError('far'))`, 'RangeError', 'far'],
    ['that is a string', `throw 'plain'`, 'string', 'plain'],
    ['with a name of its own', `throw Object.assign(new Error('m'), { name: 'Named' })`, 'Named', 'm'],
    ['in writing the answer', `return 1n`, 'Runtime.JSONStringifyError', 'Unable to stringify response body'],
  ])('%s is the payload, and the environment stays', async (_, body, errorType, errorMessage) => {
    const { result, next, stats, texts } = await failureOf(handlerOf(body))

    expect(result).toEqual({
      statusCode: 200,
      functionError: 'Unhandled',
      payload: { errorType, errorMessage, trace: expect.any(Array) },
      requestId: REQUEST_ID,
    })
    expect(next.payload).toBe('fine')
    expect(stats).toMatchObject({ invocations: 2, errors: 1, coldStarts: 1 })
    expect(texts).toContainEqual(
      expect.stringMatching(`\\t${REQUEST_ID}\\tERROR\\tInvoke Error\\t{"errorType":"${errorType}"`),
    )
  })

  test('is an answer over 6 MB', async () => {
    const { result } = await failureOf(handlerOf(`return 'x'.repeat(6_291_555)`))

    expect(result).toMatchObject({
      functionError: 'Unhandled',
      payload: {
        errorType: 'Function.ResponseSizeTooLarge',
        errorMessage: 'Response payload size (6291557 bytes) exceeded maximum allowed payload size (6291556 bytes).',
      },
    })
  })
})

describe('the end of the environment', () => {
  test.each([
    ['process.exit(3)', 'process.exit(3)', 'Runtime.ExitError', 'Runtime exited with error: exit status 3'],
    ['process.exit(0)', 'process.exit(0)', 'Runtime.ExitError', 'Runtime exited without providing a reason'],
    [
      'a heap over the limit',
      'const all = []; for (;;) all.push({ index: all.length, list: [1, 2, 3] })',
      'Runtime.OutOfMemory',
      'Runtime exited with error: signal: killed',
    ],
  ])('by %s is an error, and the next invocation gets another one', async (_, body, errorType, reason) => {
    const { result, next, stats, texts } = await failureOf(handlerOf(body))

    expect(result).toEqual({
      statusCode: 200,
      functionError: 'Unhandled',
      payload: { errorType, errorMessage: `RequestId: ${REQUEST_ID} Error: ${reason}` },
      requestId: REQUEST_ID,
    })
    expect(next.payload).toBe('fine')
    expect(stats).toMatchObject({ errors: 1, coldStarts: 2, workers: 1 })
    expect(texts).toContainEqual(
      expect.stringMatching(`^REPORT RequestId: ${REQUEST_ID}.*\\tStatus: error\\tError Type: ${errorType}$`),
    )
  })

  test.each([
    ['an endless loop', 'for (;;) {}'],
    ['a wait that is too long', 'await new Promise((resolve) => setTimeout(resolve, 60_000))'],
  ])('comes by timeout for %s', async (_, body) => {
    const { result, next, texts } = await failureOf(handlerOf(body), { timeoutSeconds: 1 })

    expect(result.payload).toEqual({
      errorType: 'Sandbox.Timedout',
      errorMessage: `RequestId: ${REQUEST_ID} Error: Task timed out after 1.00 seconds`,
    })
    expect(next.payload).toBe('fine')
    expect(texts).toContainEqual(expect.stringMatching(`^REPORT RequestId: ${REQUEST_ID}.*\\tStatus: timeout$`))
  })

  test.each([
    [
      'an unhandled rejection',
      `Promise.reject(new Error('lost')); await new Promise((r) => setTimeout(r, 60_000))`,
      'Runtime.UnhandledPromiseRejection',
      'Error: lost',
    ],
    ['a rejection just before the answer', `Promise.reject('late')`, 'Runtime.UnhandledPromiseRejection', 'late'],
    [
      'an uncaught exception',
      `setImmediate(() => { throw new RangeError('later') }); await new Promise((r) => setTimeout(r, 60_000))`,
      'RangeError',
      'later',
    ],
  ])('comes by %s', async (_, body, errorType, errorMessage) => {
    const { result, next, stats } = await failureOf(handlerOf(body))

    expect(result).toMatchObject({ functionError: 'Unhandled', payload: { errorType, errorMessage } })
    expect(next.payload).toBe('fine')
    expect(stats).toMatchObject({ errors: 1, coldStarts: 2 })
  })

  test('comes when nothing can settle the handler any more', async () => {
    const { result, next } = await failureOf(handlerOf('await new Promise(() => {})'))

    expect(result.payload).toMatchObject({ errorType: 'Runtime.NodeJsExit' })
    expect(next.payload).toBe('fine')
  })

  test('between invocations is logged, and no invocation suffers', async () => {
    const lost = Promise.withResolvers<void>()
    const { service, entries } = setUp({ onEntry: () => lost.resolve() })
    service.define(
      functionOf(
        `export const handler = async () => { setTimeout(() => { throw new Error('after') }, 20); return 'fine' }`,
      ),
    )
    expect((await service.invoke('echo', {})).payload).toBe('fine')

    await lost.promise
    expect((await service.invoke('echo', {})).payload).toBe('fine')

    expect(entries).toMatchObject([{ code: 'ENVIRONMENT_LOST', functionName: 'echo' }])
  })
})

describe('a bundle that cannot be loaded', () => {
  test.each([
    ['throws', `throw new TypeError('no table'); export const handler = 1`, 'TypeError', 'no table'],
    [
      'lacks the export',
      'export const other = 1',
      'Runtime.HandlerNotFound',
      'index.handler is undefined or not exported',
    ],
    ['has a syntax error', 'export const = 1', 'Runtime.UserCodeSyntaxError', 'SyntaxError'],
    ['imports what is not there', `import 'not-there'`, 'Runtime.ImportModuleError', "Cannot find package 'not-there'"],
    [
      'takes a callback',
      'export const handler = (event, context, callback) => callback()',
      'Runtime.CallbackHandlerDeprecated',
      'Node.js 24',
    ],
    [
      'exits',
      'process.exit(7)',
      'Runtime.ExitError',
      `RequestId: ${REQUEST_ID} Error: Runtime exited with error: exit status 7`,
    ],
    ['never settles', 'await new Promise(() => {})', 'Runtime.ExitError', 'exit status 13'],
  ])('because it %s fails the invocation, not the service', async (_, source, errorType, errorMessage) => {
    const { service, texts } = setUp()
    service.define(functionOf(source))

    const result = await service.invoke('echo', {}, { requestId: REQUEST_ID })

    expect(result).toMatchObject({
      functionError: 'Unhandled',
      payload: { errorType, errorMessage: expect.stringContaining(errorMessage) },
    })
    expect(texts().at(-1)).toContain(`Status: error\tError Type: ${errorType}`)
    await expect(service.warm('echo')).rejects.toMatchObject({
      code: 'InitFailed',
      message: expect.stringContaining(errorType),
    })
    expect(service.stats().echo).toMatchObject({ workers: 0, waiting: 0 })
  })

  test('lacks the file', async () => {
    const { service } = setUp()
    service.define(functionOf('', { handler: 'main.handler' }))

    const { payload } = await service.invoke('echo', {})

    expect(payload).toMatchObject({
      errorType: 'Runtime.ImportModuleError',
      errorMessage: "Error: Cannot find module 'main'",
    })
  })

  test('fails every invocation that waits for it', async () => {
    const { service } = setUp({ maxWorkersPerFunction: 1 })
    service.define(functionOf(`throw new Error('broken')`))

    const results = await Promise.all([1, 2, 3].map((event) => service.invoke('echo', event)))

    expect(results.map(({ functionError }) => functionError)).toEqual(['Unhandled', 'Unhandled', 'Unhandled'])
  })
})

test('a thread that cannot be started is a fault of the service', async () => {
  const { service } = setUp()
  service.define(functionOf('export const handler = 1', { environment: { NODE_OPTIONS: '--no-such-option' } }))

  await expect(service.invoke('echo', {})).rejects.toMatchObject({ code: 'ServiceException' })
  await expect(service.warm('echo')).rejects.toMatchObject({ code: 'ServiceException' })
})
