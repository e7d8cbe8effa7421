import type { Route } from './apis.ts'

export interface FoundRoute {
  route: Route
  /** What stands for the placeholders of the path, decoded. */
  pathParameters: Record<string, string>
}

/**
 * The route of a request. A path that fits without `{proxy+}` goes before one that fits with it, more fixed levels before fewer, a method
 * before `ANY`, and `$default` comes last. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 */
export function findRoute(routes: readonly Route[], method: string, path: string): FoundRoute | undefined {
  const candidates = routes.flatMap((route) => fitOf(route, method, path) ?? [])
  candidates.sort((one, other) => compare(other.rank, one.rank))
  return candidates[0]
}

function fitOf(route: Route, method: string, path: string): (FoundRoute & { rank: number[] }) | undefined {
  if (route.routeKey === '$default') return { route, pathParameters: {}, rank: [0] }
  const [routeMethod, routePath = ''] = route.routeKey.split(' ')
  if (routeMethod !== 'ANY' && routeMethod !== method) return undefined
  const expected = routePath.split('/')
  const actual = path.split('/')
  const pathParameters: Record<string, string> = {}
  let fixed = 0
  for (const [index, level] of expected.entries()) {
    const [, greedy] = /^\{(\w+)\+\}$/.exec(level) ?? []
    const [, single] = /^\{(\w+)\}$/.exec(level) ?? []
    const rest = actual.slice(index)
    if (greedy !== undefined) {
      if (rest.join('/') === '') return undefined
      pathParameters[greedy] = rest.map(decoded).join('/')
      return { route, pathParameters, rank: [1, fixed, routeMethod === 'ANY' ? 0 : 1] }
    }
    const value = actual[index]
    if (value === undefined || (single !== undefined && value === '')) return undefined
    if (single !== undefined) pathParameters[single] = decoded(value)
    else if (value === level) fixed += 1
    else return undefined
  }
  if (actual.length !== expected.length) return undefined
  return { route, pathParameters, rank: [2, fixed, routeMethod === 'ANY' ? 0 : 1] }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function compare(one: readonly number[], other: readonly number[]): number {
  for (const [index, value] of one.entries()) {
    const difference = value - (other[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
