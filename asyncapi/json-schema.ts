import * as z from 'zod'
import { payloadName } from '#contract/index.ts'

export type JsonSchema = { readonly [keyword: string]: unknown }

/** A schema and the named ones it refers to, as `#/definitions/<name>`. */
export interface SchemaDocument {
  readonly schema: JsonSchema
  readonly definitions: Readonly<Record<string, JsonSchema>>
}

const DEFINITION = '#/definitions/'
const PLAIN_FORMATS = new Set(['uuid', 'date-time'])

/**
 * A zod schema as JSON Schema draft 7, which AsyncAPI and most generators read. It says what is accepted: a field with a default may be left
 * out. Payloads of the contract become definitions under their names.
 */
export function jsonSchemaOf(schema: z.ZodType, payloads: readonly z.ZodType[]): SchemaDocument {
  const names = z.registry<{ id: string }>()
  for (const payload of payloads) {
    const id = payloadName(payload)
    if (id !== undefined) names.add(payload, { id })
  }
  const made = z.toJSONSchema(schema, { metadata: names, target: 'draft-07', io: 'input', override: describe })
  const { $schema, definitions = {}, ...own } = made as JsonSchema & { definitions?: Record<string, JsonSchema> }
  const anything = new Set(Object.keys(definitions).filter((name) => Object.keys(definitions[name] ?? {}).length === 0))
  const named = Object.entries(definitions).filter(([name]) => !anything.has(name))
  return {
    schema: tidy(own, anything) as JsonSchema,
    definitions: Object.fromEntries(named.map(([name, one]) => [name, tidy(one, anything) as JsonSchema])),
  }
}

/** The document as one file that stands for itself. */
export function schemaFile(title: string, { schema, definitions }: SchemaDocument): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title,
    ...schema,
    ...(Object.keys(definitions).length > 0 && { definitions }),
  }
}

/** The schema with its references led to another place of a document. */
export function withReferencesTo(place: string, value: unknown): unknown {
  return mapValues(value, (key, one) =>
    key === '$ref' && typeof one === 'string' && one.startsWith(DEFINITION)
      ? `${place}${one.slice(DEFINITION.length)}`
      : withReferencesTo(place, one),
  )
}

/** The name in a reference to a definition. */
export function referenceName(schema: JsonSchema): string | undefined {
  const { $ref } = schema
  return typeof $ref === 'string' && $ref.startsWith(DEFINITION) ? $ref.slice(DEFINITION.length) : undefined
}

function describe({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodType; jsonSchema: JsonSchema }): void {
  const words = z.globalRegistry.get(zodSchema)?.description
  if (words !== undefined) Object.assign(jsonSchema, { description: words })
  // any JSON value is what an empty schema says as well, without a recursion that generators stumble over
  if (zodSchema._zod.def.type === 'lazy')
    for (const key of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, key)
}

/** Without what zod writes and no reader needs: expressions of known formats, the largest integer, `anyOf` with null. */
function tidy(value: unknown, anything: ReadonlySet<string>): unknown {
  if (!isSchema(value)) return mapValues(value, (_, one) => tidy(one, anything))
  if (anything.has(referenceName(value) ?? '')) return {}
  const kept = Object.entries(value).filter(([key, one]) => !isNoise(key, one, value))
  const tidied = Object.fromEntries(kept.map(([key, one]) => [key, tidy(one, anything)]))
  return isSchema(tidied) ? withoutAnyOf(tidied) : tidied
}

function isNoise(key: string, value: unknown, schema: JsonSchema): boolean {
  if (key === 'pattern') return PLAIN_FORMATS.has(String(schema.format))
  if (key === 'maximum') return value === Number.MAX_SAFE_INTEGER
  if (key === 'propertyNames') return JSON.stringify(value) === '{"type":"string"}'
  return key === 'additionalProperties' && JSON.stringify(value) === '{}'
}

function withoutAnyOf({ anyOf, ...rest }: JsonSchema): JsonSchema {
  if (!Array.isArray(anyOf)) return anyOf === undefined ? rest : { anyOf, ...rest }
  const [one, other, ...more] = anyOf as JsonSchema[]
  if (one === undefined || other?.type !== 'null' || more.length > 0) return { anyOf, ...rest }
  if (Object.keys(one).length === 0) return rest
  const isPlain = typeof one.type === 'string' && one.enum === undefined
  return isPlain ? { ...one, type: [one.type, 'null'], ...rest } : { anyOf, ...rest }
}

function isSchema(value: unknown): value is JsonSchema {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function mapValues(value: unknown, change: (key: string, value: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((one: unknown, index) => change(String(index), one))
  if (!isSchema(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, change(key, one)]))
}
