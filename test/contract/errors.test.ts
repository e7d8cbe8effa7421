import { describe, expect, test } from 'vitest'
import { bridgeError, codeOfMessage, ERRORS, type ErrorCode, isBridgeError } from '#contract/index.ts'

const CODES = Object.keys(ERRORS) as ErrorCode[]
const BEHIND = new Set<ErrorCode>([
  'deadline_exceeded',
  'device_offline',
  'device_request_expired',
  'device_failed',
  'device_answer_invalid',
  'device_answer_pending',
])
/** The table's own types ask for the details of one code; here any code is raised. */
const raise = bridgeError as (code: ErrorCode, details: Record<string, string>, options?: ErrorOptions) => Error

/** Names in braces, apart from the `{1,128}` of a pattern. */
function placeholders(message: string): string[] {
  return [...message.matchAll(/\{([A-Za-z]\w*)\}/g)].map(([, name = '']) => name)
}

describe('the table of errors', () => {
  test.each(CODES)('%s fills every placeholder of its message', (code) => {
    const names = placeholders(ERRORS[code].message)
    const { message } = raise(code, Object.fromEntries(names.map((name) => [name, `<${name}>`])))

    for (const name of names) expect(message).toContain(`<${name}>`)
    expect(message).not.toMatch(/\{[A-Za-z]\w*\}|undefined/)
  })

  test.each(CODES)('%s has an HTTP status that fits its fault', (code) => {
    const { fault, httpStatus } = ERRORS[code]
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/)
    // what the sender did wrong is 4xx, save where what stands behind gave no answer, or none of use
    if (fault === 'user' && !BEHIND.has(code)) expect(Math.floor(httpStatus / 100)).toBe(4)
    expect(httpStatus).toBeGreaterThanOrEqual(400)
    expect(httpStatus).toBeLessThan(600)
  })

  test.each(CODES)('%s is known by its message', (code) => {
    const details = Object.fromEntries(placeholders(ERRORS[code].message).map((name) => [name, '(x)\n']))
    expect(codeOfMessage(raise(code, details).message)).toBe(code)
  })

  test('a text that is no message of the table has no code', () => {
    expect(codeOfMessage('the handler failed, or so')).toBeUndefined()
    expect(codeOfMessage('')).toBeUndefined()
  })

  test('a detail that looks like a placeholder or a replacement pattern stays as it is', () => {
    expect(bridgeError('topic_unknown', { topic: '{topic}$&$1' }).message).toBe(
      'topic "{topic}$&$1" is not in the contract',
    )
  })

  test('an error carries its code as name, its details and its cause', () => {
    const cause = new Error('inner')
    const error = bridgeError('store_unavailable', { operation: 'claim' }, { cause })

    expect(error).toMatchObject({
      name: 'store_unavailable',
      code: 'store_unavailable',
      details: { operation: 'claim' },
    })
    expect(error.cause).toBe(cause)
  })
})

describe('isBridgeError', () => {
  test('goes by the code, not by who made the error', () => {
    expect(isBridgeError(Object.assign(new Error('from another bundle'), { code: 'lease_lost' }))).toBe(true)
    expect(isBridgeError(bridgeError('handler_failed'))).toBe(true)
  })

  test.each([
    [Object.assign(new Error('x'), { code: 'ENOENT' })],
    [Object.assign(new Error('x'), { code: 'toString' })],
    [Object.assign(new Error('x'), { code: 7 })],
    [new Error('x')],
    [{ code: 'lease_lost' }],
    ['lease_lost'],
    [null],
    [undefined],
  ])('is false for %o', (value) => {
    expect(isBridgeError(value)).toBe(false)
  })
})
