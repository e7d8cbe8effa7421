import { BlockList, isIP } from 'node:net'
import { edgeError } from '../errors/edge-error.ts'

/**
 * Where callbacks may go. Whoever may subscribe could otherwise have this service post into the device's network. It is asked twice: with the
 * URL, and with each address that its host name stands for at the time of connecting, so that a name cannot turn elsewhere in between.
 */
export interface CallbackPolicy {
  /** Throws callback_forbidden. */
  check(url: string): URL
  /** Whether a host name may stand for this address. */
  allowsAddress(host: string, address: string): boolean
}

const MAX_URL_CHARACTERS = 2_048

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** Never a peer that somebody names: this machine under no name, link-local (cloud metadata), multicast, broadcast. */
const noPeer = new BlockList()
noPeer.addSubnet('0.0.0.0', 8, 'ipv4')
noPeer.addSubnet('169.254.0.0', 16, 'ipv4')
noPeer.addSubnet('224.0.0.0', 3, 'ipv4')
noPeer.addAddress('::', 'ipv6')
noPeer.addSubnet('fe80::', 10, 'ipv6')
noPeer.addSubnet('ff00::', 8, 'ipv6')

/** `allow` holds hosts, with or without a port, beside loopback. */
export function createCallbackPolicy({ allow }: { allow: readonly string[] }): CallbackPolicy {
  const allowed = new Set(allow.map((entry) => entry.toLowerCase()))
  const isListed = ({ hostname, port, protocol }: Pick<URL, 'hostname' | 'port' | 'protocol'>) =>
    allowed.has(hostname) || allowed.has(`${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`)

  return {
    check(text) {
      const forbidden = (problem: string) => edgeError('callback_forbidden', { problem })
      if (text.length > MAX_URL_CHARACTERS || !URL.canParse(text)) throw forbidden('expected a URL')
      const url = new URL(text)
      if (url.protocol !== 'http:' && url.protocol !== 'https:') throw forbidden('expected http or https')
      if (url.username !== '' || url.password !== '') throw forbidden('expected no user name in it')
      const host = bare(url.hostname)
      const isOwn = host === 'localhost' || (isIP(host) !== 0 && isLoopbackAddress(host))
      if (!isOwn && !isListed(url)) throw forbidden('its host is neither loopback nor on the allow list')
      if (isIP(host) !== 0 && !isOwn && isIn(noPeer, host)) throw forbidden('its address is no peer')
      return url
    },
    allowsAddress(host, address) {
      // a name of the list may stand for any peer, but not for this machine: that would open what listens here to a foreign name server
      if (host === 'localhost') return isLoopbackAddress(address)
      return !isLoopbackAddress(address) && !isIn(noPeer, address)
    },
  }
}

/** Whether an address is of this machine alone, also as IPv6 writes those of IPv4. */
export function isLoopbackAddress(address: string): boolean {
  return isIn(loopback, address)
}

function isIn(list: BlockList, address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return list.check(mapped, 'ipv4')
  return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

/** URLs write IPv6 addresses in brackets. */
function bare(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}
