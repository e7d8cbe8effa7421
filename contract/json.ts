import * as z from 'zod'

/** What JSON can say. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/**
 * Any JSON value, taken as it is: nothing is copied, and an object keeps every key that its sender gave it. `z.json()` makes a copy that leaves
 * out a key named `__proto__`.
 */
export const json = z.unknown().refine(isJson, 'expected a JSON value') as z.ZodType<Json, Json>

function isJson(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value !== 'object') return false
  return Array.isArray(value) ? value.every(isJson) : Object.values(value).every(isJson)
}
