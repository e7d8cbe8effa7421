import { PolicyError, type PolicyErrorCode } from './policy-error.ts'

const MAX_QUOTED_CHARACTERS = 60

/** A place in a policy document, carried along while reading so that every refusal can name it. */
export interface Place {
  readonly policy: string
  readonly path: string
  readonly sid?: string | undefined
}

export type JsonObject = Readonly<Record<string, unknown>>

export function placeAt(place: Place, step: string | number): Place {
  const suffix = typeof step === 'number' ? `[${step}]` : place.path === '' ? step : `.${step}`
  return { ...place, path: place.path + suffix }
}

/** Builds the refusal; callers throw it. */
export function refusal(code: PolicyErrorCode, place: Place, expected: string, got: unknown): PolicyError {
  return new PolicyError(code, place, `expected ${expected}, got ${describe(got)}`)
}

export function readObject(value: unknown, place: Place, expected: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refusal('MALFORMED', place, expected, value)
  }
  return value as JsonObject
}

/** Refuses every member of `object` that is not listed. */
export function checkElements(object: JsonObject, place: Place, allowed: readonly string[]): void {
  for (const element of Object.keys(object)) {
    if (!allowed.includes(element)) {
      throw refusal('UNKNOWN_ELEMENT', placeAt(place, element), `one of ${allowed.join(', ')}`, element)
    }
  }
}

/** Reads a text, or a list with at least one text, with the place of each. */
export function readTexts(value: unknown, place: Place, expected: string): { text: string; place: Place }[] {
  return readList(value, place, expected).map((item) => {
    if (typeof item.value !== 'string' || item.value === '')
      throw refusal('MALFORMED', item.place, expected, item.value)
    return { text: item.value, place: item.place }
  })
}

/** Reads one value or a list with at least one; IAM accepts both wherever it accepts a list. */
export function readList(value: unknown, place: Place, expected: string): { value: unknown; place: Place }[] {
  if (value === undefined) throw refusal('MALFORMED', place, expected, value)
  if (!Array.isArray(value)) return [{ value, place }]
  if (value.length === 0) throw refusal('MALFORMED', place, `${expected}, or a list with at least one`, value)
  return value.map((item: unknown, index) => ({ value: item, place: placeAt(place, index) }))
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'object' && value !== null) return 'an object'
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return text.length > MAX_QUOTED_CHARACTERS ? `${text.slice(0, MAX_QUOTED_CHARACTERS)}…` : text
}
