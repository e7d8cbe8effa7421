import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { schemaFiles } from '#asyncapi/index.ts'
import { DEFAULT_ROOT, TOPIC_KEYS } from '#contract/index.ts'
import { jsonSchemaOf, schemaFile } from '../../asyncapi/json-schema.ts'
import { wireExample } from '../../asyncapi/message-object.ts'
import { wireMessages } from '../../asyncapi/wire-messages.ts'

describe('a JSON Schema', () => {
  const schemaOf = (schema: z.ZodType) => jsonSchemaOf(schema, []).schema

  test('leaves out what has a default from what is required, and says the default', () => {
    expect(schemaOf(z.object({ limit: z.int().min(1).default(10), query: z.string() }))).toEqual({
      type: 'object',
      properties: { limit: { type: 'integer', minimum: 1, default: 10 }, query: { type: 'string' } },
      required: ['query'],
    })
  })

  test('writes a field that may be null as a list of types', () => {
    expect(schemaOf(z.object({ user: z.string().max(5).nullable() })).properties).toEqual({
      user: { type: ['string', 'null'], maxLength: 5 },
    })
  })

  test('keeps a pattern, but for formats that everyone knows', () => {
    expect(schemaOf(z.string().regex(/^a+$/))).toEqual({ type: 'string', pattern: '^a+$' })
    expect(schemaOf(z.uuid())).toEqual({ type: 'string', format: 'uuid' })
  })

  test('says nothing of any JSON value', () => {
    expect(schemaOf(z.object({ body: z.json(), more: z.record(z.string(), z.json()) })).properties).toEqual({
      body: {},
      more: { type: 'object', additionalProperties: {} },
    })
  })

  test('carries the words of the contract', () => {
    expect(schemaOf(z.number().describe('percent'))).toEqual({ type: 'number', description: 'percent' })
  })

  test('of an exclusive choice with null keeps both', () => {
    expect(schemaOf(z.enum(['a', 'b']).nullable())).toEqual({
      anyOf: [{ type: 'string', enum: ['a', 'b'] }, { type: 'null' }],
    })
  })
})

test('each schema file stands for itself: its references lead into it', () => {
  for (const [path, file] of Object.entries(schemaFiles())) {
    const { definitions = {} } = file as { definitions?: object }
    const names = [...JSON.stringify(file).matchAll(/"\$ref":"#\/definitions\/(\w+)"/g)].map(([, name]) => name)
    expect(Object.keys(definitions).sort(), path).toEqual([...new Set(names)].sort())
  }
})

describe.each(TOPIC_KEYS.flatMap(wireMessages).map((message) => [message.id, message] as const))(
  'the schema of %s',
  (id, message) => {
    const ajv = new Ajv({ strict: true, allowUnionTypes: true })
    formats.default(ajv)
    const validate = ajv.compile(schemaFile(id, jsonSchemaOf(message.schema, [message.payload])))
    const example = wireExample(message, DEFAULT_ROOT)
    const isTaken = (value: unknown) => [validate(value), message.schema.safeParse(value).success]

    test('takes the example, as the contract does', () => {
      expect(isTaken(example)).toEqual([true, true])
    })

    test('misses a field where the contract does', () => {
      for (const name of Object.keys(example as object)) {
        const { [name]: _, ...rest } = example as Record<string, unknown>
        const [bySchema, byContract] = isTaken(rest)
        expect(bySchema, name).toBe(byContract)
      }
    })

    test('refuses a field of another kind where the contract does', () => {
      for (const name of Object.keys(example as object)) {
        const [bySchema, byContract] = isTaken({ ...(example as object), [name]: -1.5 })
        expect(bySchema, name).toBe(byContract)
      }
    })
  },
)
