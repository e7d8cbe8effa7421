import { bridgeError } from '#contract/index.ts'

/** Where a request goes, inside the upstream's base URL. */
export interface Target {
  url: URL
  /** The path below the base, without the query: what roles are held against. */
  pathname: string
}

/** Dots, slashes and backslashes, encoded once or more often: some server on the way decodes them. */
const ENCODED_SEPARATOR = /%(?:25)*(?:2e|2f|5c)/i
const ENCODED_CONTROL = /%(?:25)*(?:[01][0-9a-f]|7f)/i

/**
 * Resolves a device's path below the base URL, base path included. There is one spelling for each place: what a server between here
 * and there might read as another path is refused, not repaired. Throws path_invalid.
 */
export function resolveTarget(base: URL, path: string): Target {
  const queryStart = path.indexOf('?')
  const pathname = queryStart < 0 ? path : path.slice(0, queryStart)
  const query = queryStart < 0 ? '' : path.slice(queryStart)
  const problem = pathProblem(pathname) ?? textProblem(query)
  if (problem !== undefined) throw bridgeError('path_invalid', { problem })
  const basePath = basePathOf(base)
  const url = new URL(`${base.origin}${basePath}${pathname}${query}`)
  // the parser has the last word: it must have read exactly what was checked
  if (
    url.origin !== base.origin ||
    url.pathname !== `${basePath}${pathname}` ||
    `${url.username}${url.password}` !== ''
  ) {
    throw bridgeError('path_invalid', { problem: 'expected a path in its normal form' })
  }
  return { url, pathname }
}

/** Where a redirect of the upstream leads, if that is inside the base; else undefined. */
export function resolveRedirect(base: URL, from: URL, location: string): Target | undefined {
  const basePath = basePathOf(base)
  if (/[\\\s]/.test(location) || !URL.canParse(location, from.href)) return undefined
  const url = new URL(location, from)
  if (url.origin !== base.origin || `${url.username}${url.password}` !== '') return undefined
  if (!url.pathname.startsWith(`${basePath}/`)) return undefined
  try {
    return resolveTarget(base, `${url.pathname.slice(basePath.length)}${url.search}`)
  } catch {
    return undefined
  }
}

/** The base's path without a slash at its end, so that a device's path follows it. */
function basePathOf(base: URL): string {
  return base.pathname.replace(/\/+$/, '')
}

function pathProblem(pathname: string): string | undefined {
  if (!pathname.startsWith('/')) return 'expected a path that starts with "/"'
  const problem = textProblem(pathname)
  if (problem !== undefined) return problem
  if (ENCODED_SEPARATOR.test(pathname)) return 'expected no encoded dot, slash or backslash'
  if (ENCODED_CONTROL.test(pathname)) return 'expected no encoded control character'
  const decoded = decode(pathname)
  if (decoded === undefined) return 'expected percent escapes of valid UTF-8'
  const segments = decoded.split('/').slice(1)
  if (segments.slice(0, -1).includes('')) return 'expected no empty segment ("//")'
  // compatibility forms (a full-width dot or slash) and parameters after ";" are how some servers read a segment
  const readings = segments.flatMap((segment) => [segment, segment.normalize('NFKC')])
  if (readings.some((reading) => /[/\\]/.test(reading))) return 'expected no character that stands for a slash'
  if (readings.some((reading) => /^\.{1,2}(?:;|$)/.test(reading))) return 'expected no segment "." or ".."'
  return undefined
}

function textProblem(text: string): string | undefined {
  if (/[^\x21-\x7e]/.test(text)) return 'expected printable ASCII; encode other characters'
  if (text.includes('\\')) return 'expected no backslash'
  if (text.includes('#')) return 'expected no fragment'
  if (/%(?![0-9a-f]{2})/i.test(text)) return 'expected two hexadecimal digits after "%"'
  return undefined
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
