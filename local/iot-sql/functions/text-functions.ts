import { isArray, type SqlValue, toText } from '../values.ts'
import type { SqlFunction } from './sql-function.ts'

/** Arguments are converted to texts first; Null or Undefined among them gives Undefined. */
export const TEXT_FUNCTIONS: readonly SqlFunction[] = [
  textFunction('startswith', 2, (text, prefix = '') => text.startsWith(prefix)),
  textFunction('endswith', 2, (text, suffix = '') => text.endsWith(suffix)),
  textFunction('lower', 1, (text) => text.toLowerCase()),
  textFunction('upper', 1, (text) => text.toUpperCase()),
  textFunction('length', 1, (text) => Array.from(text).length),
  { name: 'concat', minArguments: 0, maxArguments: Number.POSITIVE_INFINITY, call: concat },
]

function textFunction(name: string, count: number, apply: (first: string, second?: string) => SqlValue): SqlFunction {
  return {
    name,
    minArguments: count,
    maxArguments: count,
    call(args) {
      const [first, ...rest] = textsOf(args) ?? []
      return first === undefined ? undefined : apply(first, ...rest)
    },
  }
}

/** With an array among the arguments one flattened array, else one text. */
function concat(args: readonly SqlValue[]): SqlValue {
  if (args.length < 2) return args[0]
  if (!args.some(isArray)) return textsOf(args)?.join('')
  const items = args.filter((item) => item !== undefined)
  return items.length < args.length ? undefined : items.flatMap((item) => (isArray(item) ? item : [item]))
}

function textsOf(values: readonly SqlValue[]): string[] | undefined {
  const texts = values.map(toText).filter((text) => text !== undefined)
  return texts.length < values.length ? undefined : texts
}
