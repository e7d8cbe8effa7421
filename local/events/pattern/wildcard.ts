import { PatternError } from './pattern-error.ts'

/** A pattern in which `*` stands for any text, `\*` and `\\` for themselves. Throws PatternError. */
export function compileWildcard(pattern: string): (text: string) => boolean {
  const literals = ['']
  for (let index = 0; index < pattern.length; index += 1) {
    const character = pattern.charAt(index)
    if (character === '*') {
      if (pattern.charAt(index + 1) === '*') throw new PatternError('Consecutive wildcard characters')
      literals.push('')
      continue
    }
    if (character === '\\') {
      index += 1
      if (!['*', '\\'].includes(pattern.charAt(index))) throw new PatternError(`Invalid escape character in ${pattern}`)
    }
    literals[literals.length - 1] += pattern.charAt(index)
  }
  return (text) => fits(literals, text)
}

/** The pieces between the wildcards must be found in their order, the first at the beginning and the last at the end. */
function fits(literals: readonly string[], text: string): boolean {
  const [first = '', ...others] = literals
  const last = others.pop()
  if (last === undefined) return text === first
  if (!text.startsWith(first)) return false
  let from = first.length
  for (const literal of others) {
    const found = text.indexOf(literal, from)
    if (found === -1) return false
    from = found + literal.length
  }
  return text.length - last.length >= from && text.endsWith(last)
}
