import { type ApiResponse, bridgeError, isBridgeError } from '#contract/index.ts'
import { resolveRedirect, type Target } from './target.ts'
import { readResponse } from './upstream-response.ts'

const MAX_REDIRECTS = 3
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

export interface UpstreamCall {
  base: URL
  target: Target
  method: string
  headers: Headers
  body: string | undefined
  /** For headers and body of all hops together. */
  timeoutMs: number
  /** Tells whether the sender may follow a redirect there. */
  mayFollow(method: string, pathname: string): boolean
}

/**
 * Asks the upstream and reads its whole answer. Answers with an error status are answers. Redirects are followed three times, inside the base
 * URL, to what the sender may ask for itself, and only as GET or HEAD (303 turns into GET). Throws upstream_redirect_refused,
 * upstream_timed_out, upstream_unreachable (also for what is not HTTP), upstream_response_too_large.
 */
export async function forward(call: UpstreamCall): Promise<ApiResponse> {
  const limitMs = Math.floor(call.timeoutMs)
  if (limitMs <= 0) throw bridgeError('upstream_timed_out', { limitMs: 0 })
  const signal = AbortSignal.timeout(limitMs)
  try {
    return await readResponse(await fetchInside(call, signal))
  } catch (cause) {
    if (isBridgeError(cause)) throw cause
    if (signal.aborted) throw bridgeError('upstream_timed_out', { limitMs }, { cause })
    throw bridgeError('upstream_unreachable', undefined, { cause })
  }
}

async function fetchInside(call: UpstreamCall, signal: AbortSignal): Promise<Response> {
  let { target, method, body } = call
  for (let hops = 0; ; hops += 1) {
    const { headers } = call
    const response = await fetch(target.url, { method, headers, body: body ?? null, signal, redirect: 'manual' })
    // what a device could not be told of is no HTTP answer
    if (response.status > 599) throw new Error(`status ${response.status}`)
    const location = response.headers.get('location')
    if (!REDIRECTS.has(response.status) || location === null) return response
    await response.body?.cancel()
    if (response.status === 303 && method !== 'HEAD') {
      method = 'GET'
      body = undefined
      for (const name of ['content-type', 'content-language', 'content-location']) headers.delete(name)
    }
    const next = resolveRedirect(call.base, target.url, location)
    const isSafe = method === 'GET' || method === 'HEAD'
    if (!next || !isSafe || hops >= MAX_REDIRECTS || !call.mayFollow(method, next.pathname)) {
      throw bridgeError('upstream_redirect_refused')
    }
    target = next
  }
}
