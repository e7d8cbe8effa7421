import { RE2JS } from 're2js'
import { charge } from '../evaluation/limits.ts'
import { toText, toTexts } from '../values/convert.ts'
import type { SqlValue } from '../values/values.ts'
import { replaceAll } from './replacement.ts'
import { define, type SqlFunction } from './sql-function.ts'

/** Patterns come from statements, seldom from payloads; the oldest is dropped. */
const MAX_KNOWN_PATTERNS = 200
const MAX_PATTERN_CHARACTERS = 10_000

/** Classes that Java names and RE2 writes otherwise. */
const JAVA_CLASSES =
  /\\\\|\\p\{(Lower|Upper|ASCII|Alpha|Digit|Alnum|Punct|Graph|Print|Blank|Cntrl|XDigit|Space)\}|\[\^?\]?|\]/g

/**
 * Regular expressions in the dialect of RE2: Java's without look-around, back references and possessive quantifiers, and
 * always in linear time. A pattern that is none gives Undefined.
 */
export const PATTERN_FUNCTIONS: readonly SqlFunction[] = [
  define('regexp_matches', 2, (args) => {
    const [text, pattern] = textAndPattern(args)
    return text === undefined ? undefined : pattern?.matcher(text).find()
  }),
  define('regexp_substr', 2, (args) => {
    const [text, pattern] = textAndPattern(args)
    const matcher = text === undefined ? undefined : pattern?.matcher(text)
    return matcher?.find() ? (matcher.group() ?? undefined) : undefined
  }),
  define('regexp_replace', 3, (args) => {
    const [text, pattern] = textAndPattern(args)
    const replacement = toText(args[2])
    return text === undefined || pattern === undefined || replacement === undefined
      ? undefined
      : replaceAll(text, pattern, replacement)
  }),
]

const known = new Map<string, RE2JS | undefined>()

function textAndPattern(args: readonly SqlValue[]): [text?: string, pattern?: RE2JS | undefined] {
  const [text, source] = toTexts(args.slice(0, 2)) ?? []
  if (text === undefined || source === undefined) return []
  let pattern = known.get(source)
  if (pattern === undefined && !known.has(source)) {
    pattern = compile(source)
    const oldest = known.size >= MAX_KNOWN_PATTERNS ? known.keys().next().value : undefined
    if (oldest !== undefined) known.delete(oldest)
    known.set(source, pattern)
  }
  // every character may be tried at every place of the pattern; replaceAll does so match by match
  if (pattern !== undefined) charge((text.length * pattern.programSize()) >> 3)
  return [text, pattern]
}

function compile(source: string): RE2JS | undefined {
  if (source.length > MAX_PATTERN_CHARACTERS) return undefined
  try {
    return RE2JS.compile(translateClasses(source))
  } catch {
    return undefined
  }
}

function translateClasses(source: string): string {
  let isInClass = false
  return source.replace(JAVA_CLASSES, (found, name: string | undefined) => {
    if (name !== undefined) return isInClass ? `[:${name.toLowerCase()}:]` : `[[:${name.toLowerCase()}:]]`
    if (found.startsWith('[')) isInClass = true
    else if (found === ']') isInClass = false
    return found
  })
}
