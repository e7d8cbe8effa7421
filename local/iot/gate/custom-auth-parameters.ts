import type { AuthorizerRequest } from './authorizer-event.ts'

const AUTHORIZER_NAME = 'x-amz-customauthorizer-name'
const SIGNATURE = 'x-amz-customauthorizer-signature'

/** What a client says to the gateway itself, by name. */
export interface CustomAuthParameters {
  authorizerName: string | undefined
  /** Base64. */
  signature: string | undefined
  /** Headers compare without case, the others with it. */
  value(name: string): string | undefined
}

/**
 * Reads the parameters of custom authentication where a transport may carry them: headers and query of the HTTP request, and the query
 * behind the user name of the CONNECT. https://docs.aws.amazon.com/iot/latest/developerguide/custom-auth.html
 */
export function customAuthParameters({ http, mqtt }: Pick<AuthorizerRequest, 'http' | 'mqtt'>): CustomAuthParameters {
  const username = mqtt?.username ?? ''
  const query = new Map([
    ...queryParameters(username.includes('?') ? username.slice(username.indexOf('?')) : ''),
    ...queryParameters(http?.queryString ?? ''),
  ])
  const value = (name: string) => (http?.headers[name.toLowerCase()] ?? query.get(name)) || undefined
  return { authorizerName: value(AUTHORIZER_NAME), signature: value(SIGNATURE), value }
}

/** Not URLSearchParams, which turns the `+` of a Base64 text that nobody encoded into a space. */
function queryParameters(query: string): [string, string][] {
  const pairs = query.replace(/^\?/, '').split('&').filter(Boolean)
  return pairs.map((pair) => {
    const [name = '', ...value] = pair.split('=')
    return [decode(name), decode(value.join('='))]
  })
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
