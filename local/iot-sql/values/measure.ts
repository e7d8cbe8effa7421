import { Decimal } from 'decimal.js'
import { EVALUATION_LIMITS, limitExceeded } from '../evaluation/limits.ts'
import type { SqlJson } from './values.ts'

const { maxJsonBytes, maxLevels, maxPayloadLevels } = EVALUATION_LIMITS
/** At most, with the comma: sign, 34 digits, point, exponent. Also more than any other scalar. */
const NUMBER_BYTES = 48
/** Of one character: `\u0000`. */
const CHARACTER_BYTES = 6
/** Two brackets or quotes, a colon, a comma. */
const SIGN_BYTES = 4
/** No estimate is more times as long as the text: a digit and its comma. */
const MAX_OVERESTIMATE = NUMBER_BYTES / 2

const [QUOTE, BACKSLASH] = [0x22, 0x5c]
const OPENING = new Set([0x5b, 0x7b])
const CLOSING = new Set([0x5d, 0x7d])

/** What is known of a value before a text is made of it. */
export interface Measure {
  /** The JSON text has no more bytes than that. */
  readonly maxBytes: number
  /** It holds numbers that a JavaScript number would change. */
  readonly hasExactNumbers: boolean
}

/**
 * Measures a value. What it costs is bounded also where one object stands in it a million times. Throws LIMIT_EXCEEDED for a value
 * that is nested too deep, or that is surely longer than the limit as JSON; where `maxBytes` is above it, only the text itself can tell.
 */
export function measure(value: SqlJson): Measure {
  const state = { bytes: 0, hasExactNumbers: false }
  add(value, 1, state)
  return { maxBytes: state.bytes, hasExactNumbers: state.hasExactNumbers }
}

function add(value: SqlJson, level: number, state: { bytes: number; hasExactNumbers: boolean }): void {
  if (typeof value === 'string') state.bytes += value.length * CHARACTER_BYTES + SIGN_BYTES
  else if (typeof value !== 'object' || value === null) {
    state.bytes += NUMBER_BYTES
    if (typeof value === 'bigint') state.hasExactNumbers = true
  } else if (Decimal.isDecimal(value)) {
    state.bytes += NUMBER_BYTES
    state.hasExactNumbers = true
  } else {
    if (level > maxLevels) throw limitExceeded(`a value of at most ${maxLevels} levels`)
    state.bytes += SIGN_BYTES
    if (Array.isArray(value)) for (const item of value) add(item, level + 1, state)
    else {
      const members = value as { readonly [key: string]: SqlJson }
      for (const name of Object.keys(members)) {
        state.bytes += name.length * CHARACTER_BYTES + SIGN_BYTES
        add(members[name] ?? null, level + 1, state)
      }
    }
  }
  if (state.bytes > maxJsonBytes * MAX_OVERESTIMATE) throw limitExceeded(`a JSON text of at most ${maxJsonBytes} bytes`)
}

/** The text, unless it is too long; `maxBytes` as `measure` tells it. */
export function checkJsonText(text: string, maxBytes: number): string {
  if (maxBytes <= maxJsonBytes || Buffer.byteLength(text) <= maxJsonBytes) return text
  throw limitExceeded(`a JSON text of at most ${maxJsonBytes} bytes`)
}

/** Whether a JSON text has more levels of arrays and objects than may be read; what is no JSON has any answer. */
export function isNestedTooDeep(json: string): boolean {
  // each level takes two characters
  if (json.length <= 2 * maxPayloadLevels) return false
  let level = 0
  let isInText = false
  for (let index = 0; index < json.length; index++) {
    const code = json.charCodeAt(index)
    if (isInText) {
      if (code === BACKSLASH) index++
      else if (code === QUOTE) isInText = false
    } else if (code === QUOTE) isInText = true
    else if (OPENING.has(code)) {
      if (++level > maxPayloadLevels) return true
    } else if (CLOSING.has(code)) level--
  }
  return false
}
