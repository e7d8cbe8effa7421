import type { ApiRequest } from '../../aws-api/index.ts'
import { invalid } from './errors.ts'

/** `true` or `false`, as the SDK writes them; absent: false. */
export function flag({ query }: Pick<ApiRequest, 'query'>, name: string): boolean {
  const text = query.get(name)
  if (text === null || text === 'false') return false
  if (text === 'true') return true
  throw invalid(`expected ${name} to be true or false, got ${text}`)
}

/** A whole number within bounds; absent: `fallback`. */
export function wholeNumber(
  { query }: Pick<ApiRequest, 'query'>,
  name: string,
  bounds: { min: number; max: number; fallback: number },
): number {
  const text = query.get(name)
  if (text === null) return bounds.fallback
  const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (number >= bounds.min && number <= bounds.max) return number
  throw invalid(`expected ${name} to be a whole number from ${bounds.min} to ${bounds.max}, got ${text}`)
}

/** https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_GetConnection.html */
const CLIENT_ID = /^[^$].{0,127}$/su

export function checkClientId(clientId: string): void {
  if (!CLIENT_ID.test(clientId)) {
    throw invalid('a client id has 1 to 128 characters and begins with another one than $')
  }
}

/** https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_ListSubscriptions.html */
const PAGE = { min: 1, max: 200, fallback: 20 }

/**
 * One page of a list in a stable order; the token is the key of the last item before, so that a list may change between pages.
 */
export function page<Item>(
  request: Pick<ApiRequest, 'query'>,
  items: readonly Item[],
  keyOf: (item: Item) => string,
): { items: Item[]; nextToken?: string } {
  const size = wholeNumber(request, 'maxResults', PAGE)
  const token = request.query.get('nextToken')
  const after = token ? decodeToken(token) : undefined
  const sorted = items
    .map((item) => ({ item, key: keyOf(item) }))
    .sort((one, other) => (one.key < other.key ? -1 : 1))
    .filter(({ key }) => after === undefined || key > after)
  const taken = sorted.slice(0, size)
  const last = sorted.length > size ? taken.at(-1) : undefined
  return {
    items: taken.map(({ item }) => item),
    ...(last && { nextToken: Buffer.from(last.key).toString('base64url') }),
  }
}

function decodeToken(token: string): string {
  const bytes = Buffer.from(token, 'base64url')
  if (bytes.toString('base64url') !== token) throw invalid('expected a nextToken of an answer')
  return bytes.toString('utf8')
}
