import { charge, checkTextLength } from '../evaluation/limits.ts'
import { toText, toTexts } from '../values/convert.ts'
import { toDecimal } from '../values/numbers.ts'
import { isInt, isNumber, type SqlValue } from '../values/values.ts'
import { roundedDown } from './number-functions.ts'
import { type CallContext, define, type SqlFunction } from './sql-function.ts'

const MAX_PADDING = 1000
const LAST_ASCII = 127
const SURROGATE = /[\uD800-\uDFFF]/

/** Arguments are converted to texts first; Null or Undefined among them gives Undefined. */
export const TEXT_FUNCTIONS: readonly SqlFunction[] = [
  onTexts('startswith', 2, (text, prefix = '') => text.startsWith(prefix)),
  onTexts('endswith', 2, (text, suffix = '') => text.endsWith(suffix)),
  onTexts('lower', 1, (text) => text.toLowerCase()),
  onTexts('upper', 1, (text) => text.toUpperCase()),
  onTexts('trim', 1, (text) => text.trim()),
  onTexts('ltrim', 1, (text) => text.trimStart()),
  onTexts('rtrim', 1, (text) => text.trimEnd()),
  onTexts('replace', 3, replace),
  { ...onTexts('length', 1, (text) => charactersOf(text).length), since: '2016-03-23' },
  { ...onTexts('numbytes', 1, (text) => Buffer.byteLength(text)), since: '2016-03-23' },
  define('indexof', 2, (args, context) => indexOf(args, context), { since: '2016-03-23' }),
  define('lpad', 2, (args, context) => pad(args, context, (text, spaces) => spaces + text)),
  define('rpad', 2, (args, context) => pad(args, context, (text, spaces) => text + spaces)),
  define('substring', [2, 3], (args) => substring(args)),
  define('chr', 1, ([value], context) => {
    const code = roundedDown(value, context)
    return isInt(code) && code >= 0 && code <= LAST_ASCII ? String.fromCharCode(Number(code)) : undefined
  }),
]

/** The characters of a text: a code point is one, however many units of UTF-16 it takes. */
export function charactersOf(text: string): string | readonly string[] {
  if (!SURROGATE.test(text)) return text
  charge(text.length)
  return Array.from(text)
}

function onTexts(name: string, count: number, apply: (first: string, ...rest: string[]) => SqlValue): SqlFunction {
  return define(name, count, (args) => {
    const [first, ...rest] = toTexts(args) ?? []
    return first === undefined ? undefined : apply(first, ...rest)
  })
}

function replace(text: string, part = '', replacement = ''): string {
  // Java puts the replacement around every character where the part is empty, and so does this
  const parts = part === '' ? ['', ...text, ''] : text.split(part)
  checkTextLength(text.length + parts.length * replacement.length)
  return parts.join(replacement)
}

function indexOf(args: readonly SqlValue[], { settings }: CallContext): SqlValue {
  const [text, part] = toTexts(args) ?? []
  if (text === undefined || part === undefined) return undefined
  const index = text.indexOf(part)
  return index < 0 ? settings.choices.indexOfNothing : charactersOf(text.slice(0, index)).length
}

function pad(
  [value, count]: readonly SqlValue[],
  context: CallContext,
  join: (text: string, spaces: string) => string,
): SqlValue {
  const [text, whole] = [toText(value), roundedDown(count, context)]
  if (text === undefined || !isNumber(whole)) return undefined
  return join(text, ' '.repeat(Math.min(MAX_PADDING, Math.max(0, Number(whole)))))
}

/** Positions are cut to whole numbers (`substring("012345", 2.745)` is "2345") and to the ends of the text. */
function substring([value, from, to]: readonly SqlValue[]): SqlValue {
  const text = toText(value)
  const start = toDecimal(from)?.trunc().toNumber()
  const end = to === undefined ? Number.POSITIVE_INFINITY : toDecimal(to)?.trunc().toNumber()
  if (text === undefined || start === undefined || end === undefined) return undefined
  const characters = charactersOf(text)
  const part = characters.slice(Math.max(0, start), Math.max(0, end))
  return typeof part === 'string' ? part : part.join('')
}
