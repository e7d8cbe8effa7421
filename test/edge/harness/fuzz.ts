/** Requests made up from an OpenAPI document: such as fit it, and such as fit it nearly or not at all. */

export interface FuzzRequest {
  method: string
  path: string
  body: string | undefined
  contentType: string | undefined
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
interface Schema {
  type?: string | string[]
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  anyOf?: Schema[]
  const?: Json
  enum?: Json[]
  minimum?: number
  maximum?: number
  default?: Json
}
interface Operation {
  requestBody?: { content: Record<string, { schema: Schema }> }
  parameters?: { name: string; in: string; schema: Schema }[]
}
export interface ApiDocument {
  paths: Record<string, Record<string, Operation>>
}

/** From 0 to below 1; the same seed gives the same requests. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const HOSTILE: readonly Json[] = [
  null,
  true,
  0,
  -1,
  1e308,
  2 ** 53,
  0.1,
  '',
  'a',
  '\u0000',
  '\ud800',
  '"; DROP TABLE deliveries; --',
  '../../../etc/passwd',
  '#',
  '+',
  'a/#/b',
  '$SYS/#',
  '$share/g/a',
  '${root}/#',
  '{clientId}',
  'http://169.254.169.254/',
  'http://localhost:1/',
  'a\r\nX-Injected: 1',
  '*'.repeat(200),
  '[a-z',
  'ä'.repeat(300),
  'x'.repeat(5_000),
  [],
  [[[[[[]]]]]],
  {},
  { __proto__: { polluted: true } } as unknown as Json,
  { constructor: { prototype: {} } } as unknown as Json,
]

export interface FuzzOptions {
  document: ApiDocument
  random: () => number
  /** Texts that some fields are given more often: topics and URLs that exist. */
  known: Readonly<Record<string, readonly string[]>>
  /** Paths that are left out: those whose answers have no end. */
  skip: readonly string[]
}

export function createFuzzer({ document, random, known, skip }: FuzzOptions): () => FuzzRequest {
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item
  const operations = Object.entries(document.paths)
    .filter(([path]) => !skip.includes(path))
    .flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation })))

  function value(schema: Schema, name: string, depth: number): Json {
    if (random() < 0.08) return pick(HOSTILE)
    const familiar = known[name]
    if (familiar && random() < 0.7) return pick(familiar)
    if (schema.const !== undefined) return schema.const
    if (schema.enum) return pick(schema.enum)
    if (schema.anyOf) return value(pick(schema.anyOf), name, depth)
    const type = Array.isArray(schema.type) ? pick(schema.type) : schema.type
    if (type === 'object') return object(schema, depth)
    if (type === 'array')
      return Array.from({ length: Math.floor(random() * 4) }, () => value(schema.items ?? {}, name, depth + 1))
    if (type === 'integer' || type === 'number') {
      const { minimum = -10, maximum = 1_000 } = schema
      return Math.floor(minimum + random() * (Math.min(maximum, minimum + 1_000) - minimum))
    }
    if (type === 'boolean') return random() < 0.5
    if (type === 'null') return null
    if (type === 'string')
      return Array.from({ length: Math.floor(random() * 20) }, () => pick([...'ab/+#*?[]é0'])).join('')
    return depth > 3 ? null : pick([null, 1, 'text', [1], { n: random() }])
  }

  function object({ properties = {}, required = [] }: Schema, depth: number): Json {
    const entries = Object.entries(properties).filter(([name]) =>
      required.includes(name) ? random() < 0.95 : random() < 0.6,
    )
    const made = Object.fromEntries(entries.map(([name, schema]) => [name, value(schema, name, depth + 1)]))
    return random() < 0.1 ? { ...made, [pick(['more', '__proto__', 'toString', 'é'])]: pick(HOSTILE) } : made
  }

  function bodyOf(operation: Operation): { body: string; contentType: string } | undefined {
    const [contentType, media] = Object.entries(operation.requestBody?.content ?? {})[0] ?? []
    if (contentType === undefined || media === undefined) return undefined
    const text = JSON.stringify(value(media.schema, '', 0))
    const broken = random() < 0.05 ? text.slice(0, Math.floor(random() * text.length)) : text
    return {
      body: broken,
      contentType:
        random() < 0.03 ? pick(['text/plain', 'application/xml', 'application/json; charset=x']) : contentType,
    }
  }

  function queryOf({ parameters = [] }: Operation): string {
    const query = new URLSearchParams()
    for (const { name, in: place, schema } of parameters) {
      if (place !== 'query' || random() < 0.4) continue
      const one = value(schema, name, 0)
      query.append(name, typeof one === 'string' ? one : JSON.stringify(one))
    }
    return query.size === 0 ? '' : `?${query}`
  }

  return () => {
    const { path, method, operation } = pick(operations)
    const body = bodyOf(operation)
    return {
      method: method.toUpperCase(),
      path: `${path}${queryOf(operation)}`,
      body: body?.body,
      contentType: body?.contentType,
    }
  }
}
