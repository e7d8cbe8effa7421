import type { Roles } from '#contract/index.ts'
import { createApiRoutes } from '#functions/api/handler.ts'
import { createChain, directoryOf, type Message } from '../conscience/chain.ts'

const ROLES: Roles = {
  agent: { permissions: ['#'], api: { methods: ['GET', 'HEAD', 'POST'], paths: ['/public/*', '/rules', '/evaluate'] } },
  poster: { permissions: ['#'], api: { methods: ['POST'], paths: ['/*'] } },
  operator: { permissions: ['#'], api: { methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'], paths: ['/*'] } },
  watcher: { permissions: ['#'] },
}
const DEVICES = directoryOf(
  { client_id: 'c1', organization_id: 'acme' },
  { client_id: 'operator', role: 'operator' },
  { client_id: 'poster', role: 'poster' },
  { client_id: 'watcher', role: 'watcher' },
  { client_id: 'stranger', role: 'constructor' },
  { client_id: 'gone', status: 'revoked' },
)

/** Sends requests through the api function to an upstream. */
export function chainTo(upstream: URL | undefined, timeoutMs = 5_000) {
  const send = createChain(createApiRoutes({ devices: DEVICES, roles: ROLES, upstream, timeoutMs }), {
    topic: 'api/requests',
  })
  return (payload: unknown, more: Partial<Message> = {}) => send({ payload, ...more })
}

export const get = (path: string, headers: Record<string, string> = {}) => ({ method: 'GET', path, headers })
