import type { JsonObject, JsonValue, ResourceRequest } from '../template/index.ts'

/** Reads the properties of one resource, with an error that names the resource and the property. */
export function readProperties({ type, logicalId, properties }: ResourceRequest) {
  const wrong = (name: string, expected: string) =>
    new TypeError(`${type} ${logicalId}: expected ${name} to be ${expected}, got ${JSON.stringify(properties[name])}`)

  function optionalText(name: string): string | undefined {
    const value = properties[name]
    if (value === undefined) return undefined
    if (typeof value !== 'string') throw wrong(name, 'text')
    return value
  }

  return {
    optionalText,
    text(name: string): string {
      const value = optionalText(name)
      if (value === undefined) throw wrong(name, 'text')
      return value
    },
    /** CloudFormation takes numbers as text too. */
    number(name: string): number | undefined {
      const value = properties[name]
      if (value === undefined) return undefined
      const number = Number(value)
      if (!Number.isFinite(number)) throw wrong(name, 'a number')
      return number
    },
    flag(name: string, fallback: boolean): boolean {
      const value = properties[name]
      if (value === undefined) return fallback
      return value === true || value === 'true'
    },
    object(name: string): JsonObject {
      const value = properties[name] ?? {}
      if (!isObject(value)) throw wrong(name, 'an object')
      return value
    },
    list(name: string): readonly JsonValue[] {
      const value = properties[name] ?? []
      if (!Array.isArray(value)) throw wrong(name, 'a list')
      return value
    },
  }
}

/** A text that stands deeper than a property; `of` says whose it is. */
export function requireText(of: string, name: string, value: JsonValue | undefined): string {
  if (typeof value === 'string') return value
  throw new TypeError(`${of}: expected ${name} to be text, got ${JSON.stringify(value)}`)
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
