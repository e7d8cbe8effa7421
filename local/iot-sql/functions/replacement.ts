import type { RE2JS } from 're2js'
import { chargeText, checkTextLength, EVALUATION_LIMITS, limitExceeded } from '../evaluation/limits.ts'

/** A sign after a backslash, a group by its name or number, or a sign that is none of it. */
const REFERENCE = /\\(.)|\$\{([a-zA-Z][a-zA-Z0-9]*)\}|\$(\d+)|[$\\]/gs

/** Text, or the number of a group. */
type Part = string | number

/**
 * Puts the replacement where the pattern matches, as Java reads it: `$1` and `${name}` are groups, and a dollar or backslash by itself is
 * written with a backslash. Undefined for a group that the pattern does not have. Throws LIMIT_EXCEEDED for a result that is too long,
 * and for a pattern that reads the rest of the text at every match.
 */
export function replaceAll(text: string, pattern: RE2JS, replacement: string): string | undefined {
  const parts = partsOf(replacement, pattern)
  if (parts === undefined) return undefined
  const matcher = pattern.matcher(text)
  const pieces: string[] = []
  let length = 0
  const push = (piece: string) => {
    length += piece.length
    pieces.push(piece)
  }
  const untilMs = performance.now() + EVALUATION_LIMITS.maxReplaceMs
  let position = 0
  while (matcher.find()) {
    push(text.slice(position, matcher.start()))
    for (const part of parts) push(typeof part === 'string' ? part : (matcher.group(part) ?? ''))
    position = matcher.end()
    checkTextLength(length)
    if (performance.now() > untilMs) throw limitExceeded(`matches within ${EVALUATION_LIMITS.maxReplaceMs} ms`)
  }
  push(text.slice(position))
  checkTextLength(length)
  return pieces.join('')
}

function partsOf(replacement: string, pattern: RE2JS): Part[] | undefined {
  const names = pattern.namedGroups()
  const groupCount = pattern.groupCount()
  const parts: Part[] = []
  let position = 0
  for (const { 0: found, 1: escaped, 2: name, 3: digits, index } of replacement.matchAll(REFERENCE)) {
    parts.push(replacement.slice(position, index))
    position = index + found.length
    if (escaped !== undefined) parts.push(escaped)
    else if (name !== undefined && Object.hasOwn(names, name)) parts.push(names[name] ?? 0)
    else if (digits !== undefined && Number(digits.charAt(0)) <= groupCount) {
      const used = digitsOfGroup(digits, groupCount)
      parts.push(Number(digits.slice(0, used)), digits.slice(used))
    } else return undefined
  }
  parts.push(replacement.slice(position))
  chargeText(replacement.length)
  return parts.filter((part) => part !== '')
}

/** As many digits as make the number of a group. */
function digitsOfGroup(digits: string, groupCount: number): number {
  let used = 1
  while (used < digits.length && Number(digits.slice(0, used + 1)) <= groupCount) used++
  return used
}
