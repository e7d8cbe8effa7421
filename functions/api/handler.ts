import { bridgeError, isBridgeError, type Roles } from '#contract/index.ts'
import { activeDevice, type DeviceDirectory, type Routes } from '../shared/index.ts'
import { accessOf, checkAccess } from './access.ts'
import { forward } from './forward.ts'
import { resolveTarget } from './target.ts'
import { upstreamBody, upstreamHeaders } from './upstream-request.ts'

/** Kept of the function's time to store the reply: both attempts of a write. */
const ANSWER_MARGIN_MS = 2_500

export interface ApiDependencies {
  devices: DeviceDirectory
  roles: Roles
  /** Base URL; undefined: no upstream. */
  upstream: URL | undefined
  /** Longest time for a whole answer; less when the function has less than that and a second left. */
  timeoutMs: number
}

/** The route of the API proxy: a role's methods and paths below one base URL. Throws every code of the api proxy. */
export function createApiRoutes({ devices, roles, upstream: base, timeoutMs }: ApiDependencies): Routes {
  return {
    async 'api/requests'({ payload, clientId, requestKey, remainingMs }) {
      if (!base) throw bridgeError('upstream_not_configured')
      const method = payload.method.toUpperCase()
      const target = resolveTarget(base, payload.path)
      const device = await activeDevice(devices, clientId)
      const access = accessOf(roles, device.role)
      checkAccess(access, method, target.pathname)
      const headers = upstreamHeaders(payload.headers, { device, requestKey })
      const body = upstreamBody(method, payload.body, headers)
      return forward({
        base,
        target,
        method,
        headers,
        body,
        timeoutMs: Math.min(timeoutMs, remainingMs() - ANSWER_MARGIN_MS),
        mayFollow: (nextMethod, pathname) => isAllowed(() => checkAccess(access, nextMethod, pathname)),
      })
    },
  }
}

function isAllowed(check: () => void): boolean {
  try {
    check()
    return true
  } catch (error) {
    if (isBridgeError(error)) return false
    throw error
  }
}
