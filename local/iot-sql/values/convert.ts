import { charge, chargeMembers, chargeText } from '../evaluation/limits.ts'
import { digitsOf, writeJson } from './json-text.ts'
import { toDecimal } from './numbers.ts'
import { isArray, isNumber, isObject, type SqlValue } from './values.ts'

/** A boolean, or the text `true` or `false` in any case; else undefined. */
export function toBoolean(value: SqlValue): boolean | undefined {
  if (typeof value === 'boolean') return value
  const text = typeof value === 'string' ? value.toLowerCase() : undefined
  return text === 'true' ? true : text === 'false' ? false : undefined
}

/** The text of a value; arrays and objects as JSON; undefined for Null and Undefined. */
export function toText(value: SqlValue): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'boolean') return String(value)
  if (isNumber(value)) return digitsOf(value)
  const text = typeof value === 'string' ? value : writeJson(value)
  chargeText(text.length)
  return text
}

/** All of them as texts; undefined if one has none. */
export function toTexts(values: readonly SqlValue[]): string[] | undefined {
  const texts: string[] = []
  for (const value of values) {
    const text = toText(value)
    if (text === undefined) return undefined
    texts.push(text)
  }
  return texts
}

/** Values of different types are not equal; numbers are one type. Undefined when a side is Undefined. */
export function areEqual(left: SqlValue, right: SqlValue): boolean | undefined {
  if (left === undefined || right === undefined) return undefined
  if (typeof left === typeof right && typeof left !== 'object') {
    if (typeof left === 'string') chargeText(left.length)
    return left === right
  }
  if (isNumber(left) && isNumber(right)) return toDecimal(left)?.equals(toDecimal(right) ?? Number.NaN) ?? false
  if (isArray(left) && isArray(right)) {
    charge(left.length)
    return left.length === right.length && left.every((item, index) => areEqual(item, right[index]) === true)
  }
  if (isObject(left) && isObject(right)) {
    const keys = Object.keys(left)
    chargeMembers(keys.length)
    return (
      keys.length === Object.keys(right).length &&
      keys.every((key) => Object.hasOwn(right, key) && areEqual(left[key], right[key]) === true)
    )
  }
  return left === right
}

/** What `Null` of a template is written as is a choice; all else as `toText`, and Undefined as nothing. */
export function toTemplateText(value: SqlValue, nullText: string): string {
  return value === null ? nullText : (toText(value) ?? '')
}
