import { EvaluationError } from './evaluation-error.ts'
import { makeDecimal, type SqlJson } from './values.ts'

/** Up to 15 digits without exponent survive as a JavaScript number; only what may have more is parsed the slow way. */
const NEEDS_EXACT_NUMBERS = /[\d.]{16}|\d[eE]/

type ParseWithSource = (
  text: string,
  reviver: (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown,
) => unknown

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Parses a payload as JSON and keeps up to 34 digits of its numbers. An empty payload is an empty object. Throws
 * EvaluationError PARSE_ERROR or NUMBER_OUT_OF_RANGE, without a word of the payload.
 */
export function parsePayload(payload: Uint8Array): SqlJson {
  if (payload.length === 0) return {}
  try {
    const text = utf8.decode(payload)
    return (NEEDS_EXACT_NUMBERS.test(text) ? parseExactly(text) : JSON.parse(text)) as SqlJson
  } catch (error) {
    if (error instanceof EvaluationError) throw error
    throw new EvaluationError(
      'PARSE_ERROR',
      `expected a JSON payload, since the statement reads it, got ${payload.length} bytes that are none`,
    )
  }
}

/** The reviver's third parameter (ECMAScript proposal JSON.parse source text access) is not in TypeScript's library. */
function parseExactly(text: string): unknown {
  return (JSON.parse as ParseWithSource)(text, (_key, value, { source }) => {
    if (typeof value !== 'number' || source === undefined) return value
    const number = makeDecimal(source)
    if (number !== undefined) return number
    throw new EvaluationError(
      'NUMBER_OUT_OF_RANGE',
      'expected numbers up to 9.99E999 in the payload, got a greater one',
    )
  })
}
