import { describe, expect, test } from 'vitest'
import { findRoute } from '../../../local/http-api/find-route.ts'

const KEYS = [
  '$default',
  'ANY /{proxy+}',
  'GET /devices/{id}',
  'ANY /devices/{id}',
  'GET /devices/all',
  'POST /devices/{id}/{proxy+}',
]
const routes = KEYS.map((routeKey) => ({
  routeId: routeKey,
  routeKey,
  authorizationType: 'NONE' as const,
  integrationId: 'i',
}))

describe('the route of a request', () => {
  test.each([
    ['GET', '/devices/all', 'GET /devices/all', {}],
    ['GET', '/devices/d1', 'GET /devices/{id}', { id: 'd1' }],
    ['PUT', '/devices/d1', 'ANY /devices/{id}', { id: 'd1' }],
    ['PUT', '/devices/all', 'ANY /devices/{id}', { id: 'all' }],
    ['POST', '/devices/d1/a/b', 'POST /devices/{id}/{proxy+}', { id: 'd1', proxy: 'a/b' }],
    ['GET', '/devices/d1/a/b', 'ANY /{proxy+}', { proxy: 'devices/d1/a/b' }],
    ['GET', '/devices/a%20b', 'GET /devices/{id}', { id: 'a b' }],
    ['GET', '/devices/%', 'GET /devices/{id}', { id: '%' }],
    ['GET', '/', '$default', {}],
  ])('%s %s is %s', (method, path, routeKey, pathParameters) => {
    expect(findRoute(routes, method, path)).toMatchObject({ route: { routeKey }, pathParameters })
  })

  test('is none without one that fits', () => {
    const [, , only] = routes

    expect(findRoute(only ? [only] : [], 'POST', '/devices/d1')).toBeUndefined()
    expect(findRoute(only ? [only] : [], 'GET', '/devices')).toBeUndefined()
    expect(findRoute(only ? [only] : [], 'GET', '/devices/')).toBeUndefined()
    expect(findRoute(only ? [only] : [], 'GET', '/devices/d1/x')).toBeUndefined()
  })
})
