import * as z from 'zod'

/** What JSON can say. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/**
 * Any JSON value, taken as it is: nothing is copied, and an object keeps every key that its sender gave it. `z.json()` makes a copy that leaves
 * out a key named `__proto__`.
 */
export const json = z.unknown().refine(isJson, 'expected a JSON value') as z.ZodType<Json, Json>

function isJson(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true
    case 'number':
      return Number.isFinite(value)
    case 'object':
      return value === null || (Array.isArray(value) ? value.every(isJson) : Object.values(value).every(isJson))
    default:
      return false
  }
}
