/** Requests made up from an OpenAPI document: such as fit it, and such as fit it nearly or not at all. */

export interface FuzzRequest {
  /** Of the document, or what stands in its place. */
  route: string
  method: string
  path: string
  body: string | undefined
  headers: Record<string, string>
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
  /** The only values that some fields are given, beside hostile ones. */
  fixed: Readonly<Record<string, readonly Json[]>>
  /** Further paths, which get any method. */
  paths: readonly string[]
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND']
/** Headers as some bring them; each is legal HTTP. */
const HEADERS: readonly (readonly [name: string, value: string])[] = [
  ['host', 'rebound.example'],
  ['origin', 'https://evil.example'],
  ['origin', 'null'],
  ['sec-fetch-site', 'cross-site'],
  ['authorization', 'Bearer x'],
  ['accept', 'text/html;q=é'],
  ['accept-encoding', 'gzip, br'],
  ['expect', '200-ok'],
  ['x-http-method-override', 'DELETE'],
  ['x-forwarded-for', '169.254.169.254'],
  ['cookie', `a=${'b'.repeat(4_000)}`],
  ['content-encoding', 'gzip'],
  ['range', 'bytes=0-'],
]

export function createFuzzer({ document, random, known, fixed, paths }: FuzzOptions): () => FuzzRequest {
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )

  function value(schema: Schema, name: string, depth: number): Json {
    if (random() < 0.08) return pick(HOSTILE)
    const allowed = fixed[name]
    if (allowed) return pick(allowed)
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

  function bodyOf(operation: Operation): { body?: string; contentType?: string } {
    const [contentType, media] = Object.entries(operation.requestBody?.content ?? {})[0] ?? []
    if (contentType === undefined || media === undefined) return {}
    const text = JSON.stringify(value(media.schema, '', 0))
    const broken = random() < 0.05 ? text.slice(0, Math.floor(random() * text.length)) : text
    const other = ['text/plain', 'application/xml', 'application/json; charset=x', 'application/json;;', '/']
    return { body: broken, contentType: random() < 0.03 ? pick(other) : contentType }
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
    const { body, contentType } = bodyOf(operation)
    const isElsewhere = random() < 0.05
    const route = isElsewhere ? pick([...paths, path]) : path
    const sentMethod = isElsewhere ? pick(METHODS) : method.toUpperCase()
    const isBodiless = ['GET', 'HEAD', 'TRACE'].includes(sentMethod) && random() < 0.9
    const headers: Record<string, string> = {}
    if (body !== undefined && contentType !== undefined && !isBodiless) {
      headers['content-type'] = contentType
      headers['content-length'] = String(Buffer.byteLength(body))
    }
    if (random() < 0.03) {
      const [name, value] = pick(HEADERS)
      headers[name] = value
    }
    return {
      route: isElsewhere ? 'elsewhere' : `${method} ${path}`,
      method: sentMethod,
      path: `${route}${queryOf(operation)}`,
      body: isBodiless ? undefined : body,
      headers,
    }
  }
}
