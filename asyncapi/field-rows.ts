import { type JsonSchema, referenceName, type SchemaDocument } from './json-schema.ts'

/** The fields of an object for a table: name, type with its bounds, whether it must be there. Nested ones are named by their path. */
export function fieldRows({ schema, definitions }: SchemaDocument): [field: string, type: string, required: string][] {
  const resolve = (one: JsonSchema): JsonSchema => definitions[referenceName(one) ?? ''] ?? one
  return rowsOf(resolve(schema), '', resolve)
}

type Resolve = (schema: JsonSchema) => JsonSchema

function rowsOf(schema: JsonSchema, path: string, resolve: Resolve): [string, string, string][] {
  const required = new Set(schema.required as string[] | undefined)
  return Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>).flatMap(([name, one]) => {
    const field = resolve(one)
    const items = isSchema(field.items) ? resolve(field.items) : undefined
    const own: [string, string, string] = [
      `\`${path}${name}\``,
      typeText(field, items).replaceAll('|', '\\|'),
      required.has(name) ? 'yes' : 'no',
    ]
    const nested = items?.properties
      ? rowsOf(items, `${path}${name}[].`, resolve)
      : rowsOf(field, `${path}${name}.`, resolve)
    return [own, ...nested]
  })
}

function typeText(schema: JsonSchema, items: JsonSchema | undefined): string {
  const { anyOf, enum: values, type, format, default: fallback, description } = schema
  const choices = Array.isArray(values) ? values.map((value) => `\`${String(value)}\``).join(', ') : undefined
  const union = Array.isArray(anyOf) ? anyOf.map((one: JsonSchema) => typeText(one, undefined)).join(' or ') : undefined
  const types = Array.isArray(type) ? type.join(' or ') : type
  const base = choices ?? union ?? (types === undefined ? 'any JSON' : String(types))
  const parts = [
    items ? `${base} of ${typeText(items, undefined)}` : base,
    format,
    bounds(schema),
    fallback === undefined ? undefined : `default \`${JSON.stringify(fallback)}\``,
    description,
  ]
  return parts.filter((part) => part !== undefined && part !== '').join(', ')
}

/** Lower and upper bounds by the keywords that carry them, with their unit. */
const BOUNDS = [
  ['minLength', 'maxLength', ' characters'],
  ['minItems', 'maxItems', ' items'],
  ['minimum', 'maximum', ''],
] as const

function bounds(schema: JsonSchema): string {
  return BOUNDS.flatMap(([least, most, unit]) => {
    const [from, to] = [schema[least], schema[most]]
    if (to !== undefined) return [`${from === undefined ? 'at most ' : `${String(from)} to `}${String(to)}${unit}`]
    return from === undefined ? [] : [`at least ${String(from)}${unit}`]
  }).join(', ')
}

function isSchema(value: unknown): value is JsonSchema {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
