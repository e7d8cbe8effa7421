import { Decimal } from 'decimal.js'

export type JsonValue = null | boolean | string | number | JsonValue[] | { [key: string]: JsonValue }

/**
 * What an expression yields. Undefined is absence, Null a value. A whole JavaScript number or a bigint is an Int; any other
 * number is a Decimal, held as JavaScript number where that keeps its digits.
 * https://docs.aws.amazon.com/iot/latest/developerguide/iot-sql-data-types.html
 */
export type SqlValue = undefined | SqlJson
export type SqlJson = null | boolean | string | SqlNumber | readonly SqlJson[] | SqlObject
export type SqlObject = { readonly [key: string]: SqlJson }
export type SqlNumber = number | bigint | Decimal

export function isNumber(value: unknown): value is SqlNumber {
  return typeof value === 'number' || typeof value === 'bigint' || Decimal.isDecimal(value)
}

export function isInt(value: SqlValue): value is number | bigint {
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))
}

export function isArray(value: SqlValue): value is readonly SqlJson[] {
  return Array.isArray(value)
}

export function isObject(value: SqlValue): value is SqlObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !Decimal.isDecimal(value)
}

/** The member of an object; undefined for anything that has none of the name, or only by its prototype. */
export function memberOf(value: SqlValue, name: string): SqlValue {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

/** Sets a member, also one named `__proto__`. */
export function setMember<Value>(object: { [key: string]: Value }, name: string, value: Value): void {
  if (name !== '__proto__') object[name] = value
  else Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
}
