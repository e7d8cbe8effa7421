import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { edgeError } from '../errors/edge-error.ts'

export interface GuardOptions {
  token: string | undefined
  /** Names in the Host header beside those of loopback, with or without a port. */
  allowedHosts: readonly string[]
  /** On a Unix socket the name says nothing. */
  checkHost: boolean
}

/** Files of the reference page, which a browser loads without the token. */
const OPEN_PATHS = /^\/(docs(\/|$)|openapi\.json$)/

/**
 * Who may call, before anything else is looked at. A page in a browser of this machine reaches loopback as well: it is known by its origin, and one
 * that has a name server turn its own name to loopback by that name. Throws host_forbidden, origin_forbidden, unauthorized.
 */
export function addGuards(app: FastifyInstance, { token, allowedHosts, checkHost }: GuardOptions): void {
  const names = new Set(['localhost', '127.0.0.1', '[::1]', ...allowedHosts.map((host) => host.toLowerCase())])
  const isKnown = (host: string) => {
    const lower = host.toLowerCase()
    return names.has(lower) || names.has(lower.replace(/:\d+$/, ''))
  }

  app.addHook('onRequest', async (request) => {
    if (checkHost && !isKnown(request.headers.host ?? '')) throw edgeError('host_forbidden')
    if (isForeignPage(request, isKnown)) throw edgeError('origin_forbidden')
    if (token !== undefined && !OPEN_PATHS.test(request.url) && !isBearer(request, token))
      throw edgeError('unauthorized')
  })
}

function isForeignPage({ headers }: FastifyRequest, isKnown: (host: string) => boolean): boolean {
  const { origin } = headers
  if (origin === undefined) return headers['sec-fetch-site'] === 'cross-site'
  if (!URL.canParse(origin)) return true
  const { host } = new URL(origin)
  return !isKnown(host) || host !== headers.host
}

/** In constant time. */
function isBearer({ headers }: FastifyRequest, token: string): boolean {
  const given = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? ''
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(token))
}

/** Over connections that are still open nothing new begins while the service ends. Throws closing. */
export function addClosing(app: FastifyInstance): void {
  let isClosing = false
  app.addHook('preClose', async () => {
    isClosing = true
  })
  app.addHook('onRequest', async (_, reply) => {
    if (!isClosing) return
    reply.header('connection', 'close')
    throw edgeError('closing')
  })
}
