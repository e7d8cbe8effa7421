import type { IncomingMessage } from 'node:http'
import type { HttpFacts } from './transport-facts.ts'

/** What a request says beside its body. */
export function httpFacts({ headers, url = '' }: Pick<IncomingMessage, 'headers' | 'url'>): HttpFacts {
  const given = Object.entries(headers).filter((entry): entry is [string, string | string[]] => entry[1] !== undefined)
  const question = url.indexOf('?')
  return {
    headers: Object.fromEntries(given.map(([name, value]) => [name, [value].flat().join(', ')])),
    queryString: question === -1 ? '' : url.slice(question),
  }
}
