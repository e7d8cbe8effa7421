import { bridgeError } from '#contract/index.ts'
import type { Platform } from './platform.ts'

/** A browser has WebSockets and nothing else; certificates, TLS version and Nagle's algorithm are its own affair. */
export const browserPlatform: Platform = {
  transportOptions(options) {
    if (!/^wss?:/.test(options.url)) throw invalid('a browser connects by wss:// alone')
    for (const name of ['ca', 'cert', 'key', 'serverName', 'alpn'] as const) {
      if (options[name] !== undefined) throw invalid(`a browser has its own certificates and TLS; leave out ${name}`)
    }
    return {}
  },
  prepare() {},
}

function invalid(problem: string) {
  return bridgeError('configuration_invalid', { problem })
}
