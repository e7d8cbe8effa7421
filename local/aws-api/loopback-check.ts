import type { IncomingHttpHeaders } from 'node:http'

const LOOPBACK_HOSTS = new Set(['127.0.0.1', 'localhost', '[::1]'])

/**
 * Tells whether a request was meant for this machine: `Host` names the loopback (else a web page could have its own name
 * resolve to 127.0.0.1), and a browser's `Origin`, if there is one, does too.
 */
export function isForLoopback(headers: IncomingHttpHeaders): boolean {
  const { host, origin } = headers
  if (host === undefined || !LOOPBACK_HOSTS.has(hostName(`http://${host}`))) return false
  return origin === undefined || LOOPBACK_HOSTS.has(hostName(origin))
}

function hostName(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : ''
}
