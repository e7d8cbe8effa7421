import { BlockList, isIPv4, isIPv6 } from 'node:net'

const NUMBER = /^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/
const YEAR = /^\d{4}$/
const EPOCH_SECONDS = /^-?\d+(?:\.\d+)?$/
const ISO_DATE = /^(\d{4})-(\d{2})(?:-(\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2}))?)?$/
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** Reads an integer or decimal number; undefined for anything else. */
export function parseNumber(text: string): number | undefined {
  return NUMBER.test(text) ? Number(text) : undefined
}

/**
 * Reads a date as milliseconds since 1970: a W3C date (`2026`, `2026-04`, `2026-04-01`, `2026-04-01T12:00:00Z`, a time only
 * with its zone) or seconds since 1970. Four digits are a year. Undefined for anything else.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Date
 */
export function parseDateMs(text: string): number | undefined {
  if (EPOCH_SECONDS.test(text) && !YEAR.test(text)) return Number(text) * 1000
  if (YEAR.test(text)) return Date.parse(text)
  const [, year, month, day] = ISO_DATE.exec(text) ?? []
  if (year === undefined || month === undefined) return undefined
  const timeMs = Date.parse(text)
  // Date.parse turns the 30th of February into March instead of refusing it.
  const lastDay = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()
  return Number.isNaN(timeMs) || Number(day ?? 1) > lastDay ? undefined : timeMs
}

/** Reads `true` or `false`, in any case; undefined for anything else. */
export function parseBoolean(text: string): boolean | undefined {
  const lowerCase = text.toLowerCase()
  if (lowerCase === 'true') return true
  return lowerCase === 'false' ? false : undefined
}

/** Returns base64 text as it is, undefined for anything that is none. Equal bytes have equal text after padding bits. */
export function parseBinary(text: string): string | undefined {
  return BASE64.test(text) ? Buffer.from(text, 'base64').toString('base64') : undefined
}

/** Reads an address or CIDR range of IPv4 or IPv6 and returns its test; undefined for anything else. */
export function parseAddressRange(text: string): ((address: string) => boolean) | undefined {
  const [network = '', prefix, ...rest] = text.split('/')
  const family = isIPv4(network) ? 'ipv4' : isIPv6(network) ? 'ipv6' : undefined
  if (family === undefined || rest.length > 0) return undefined
  const maxPrefix = family === 'ipv4' ? 32 : 128
  if (prefix !== undefined && (!/^\d{1,3}$/.test(prefix) || Number(prefix) > maxPrefix)) return undefined
  const range = new BlockList()
  range.addSubnet(network, prefix === undefined ? maxPrefix : Number(prefix), family)
  return (address) => {
    if (isIPv4(address)) return range.check(address, 'ipv4')
    return isIPv6(address) && range.check(address, 'ipv6')
  }
}
