import { EVALUATION_LIMITS, limitExceeded } from '../evaluation/limits.ts'
import { EvaluationError } from '../evaluation-error.ts'
import { checkJsonText, isNestedTooDeep, measure } from './measure.ts'
import { numberOfDigits, wholeToInt } from './numbers.ts'
import { isArray, isNumber, isObject, type JsonValue, type SqlJson, type SqlNumber, setMember } from './values.ts'

/** Up to 15 digits without exponent survive as a JavaScript number; only what may have more is read the slow way. */
const MAY_HAVE_MORE_DIGITS = /[\d.]{16}|\d[eE]/
/** Version 2015-10-08 also tells 10.0 from 10. */
const MAY_BE_DECIMAL = /[\d.]{16}|\d[.eE]/

type ParseWithSource = (
  text: string,
  reviver: (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown,
) => unknown
/** ECMAScript proposal JSON.parse source text access, which TypeScript's library does not have. */
const { rawJSON, parse } = JSON as unknown as { rawJSON(text: string): unknown; parse: ParseWithSource }

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of bytes; undefined if they are no UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

/**
 * Parses JSON and keeps up to 34 digits of its numbers; undefined if the text is none. Throws EvaluationError
 * NUMBER_OUT_OF_RANGE, and LIMIT_EXCEEDED where it is nested too deep, without a word of the text.
 */
export function parseJson(text: string, wholeIsInt: boolean): SqlJson | undefined {
  try {
    if (isNestedTooDeep(text)) {
      // undefined for what is no JSON, at any depth
      JSON.parse(text)
      throw limitExceeded(`JSON of at most ${EVALUATION_LIMITS.maxPayloadLevels} levels`)
    }
    const needsSource = (wholeIsInt ? MAY_HAVE_MORE_DIGITS : MAY_BE_DECIMAL).test(text)
    return needsSource ? (parseExactly(text, wholeIsInt) as SqlJson) : (JSON.parse(text) as SqlJson)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function parseExactly(text: string, wholeIsInt: boolean): unknown {
  return parse(text, (_key, value, { source }) => {
    if (typeof value !== 'number' || source === undefined) return value
    const number = numberOfDigits(source)
    if (number !== undefined) return wholeIsInt ? wholeToInt(number) : number
    throw new EvaluationError('NUMBER_OUT_OF_RANGE', 'expected numbers up to 9.99E999, got a greater one')
  })
}

/** The JSON text of a value, every digit of its numbers kept. Throws LIMIT_EXCEEDED where it would be too long. */
export function writeJson(value: SqlJson): string {
  const { hasExactNumbers, maxBytes } = measure(value)
  return checkJsonText(hasExactNumbers ? writeExactly(value) : JSON.stringify(value), maxBytes)
}

function writeExactly(value: SqlJson): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, key: string, member: unknown) {
    // the holder is asked, since decimal.js has made a text of the number by now
    const original = this[key]
    return isNumber(original) ? rawJSON(digitsOf(original)) : member
  })
}

/** A number as text: an Int in plain digits, a Decimal in scientific notation where it is very small or great. */
export function digitsOf(value: SqlNumber): string {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return String(value + 0)
    return Number.isInteger(value) ? BigInt(value).toString() : String(value).replace('e', 'E')
  }
  if (!value.isInteger()) return value.toString().replace('e', 'E')
  return value.e < 21 ? value.toFixed(1) : value.toString().replace('e', 'E')
}

/** The value with JavaScript numbers; one beyond their range becomes the greatest of them. Throws LIMIT_EXCEEDED as `writeJson`. */
export function toJson(value: SqlJson): JsonValue {
  const { hasExactNumbers, maxBytes } = measure(value)
  const json = hasExactNumbers ? roundNumbers(value) : (value as JsonValue)
  if (maxBytes > EVALUATION_LIMITS.maxJsonBytes)
    checkJsonText(hasExactNumbers ? writeExactly(value) : JSON.stringify(value), maxBytes)
  return json
}

function roundNumbers(value: SqlJson): JsonValue {
  if (isNumber(value)) return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, Number(value)))
  if (isArray(value)) return value.map(roundNumbers)
  if (!isObject(value)) return value
  const object: { [key: string]: JsonValue } = {}
  for (const [key, member] of Object.entries(value)) setMember(object, key, roundNumbers(member))
  return object
}
