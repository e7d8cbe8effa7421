import { type Place, refusal } from './document-reader.ts'
import { type ContextKey, contextKey, type RequestContext } from './request-context.ts'
import { compilePattern, type Pattern, textOf, wildcardToken } from './wildcard.ts'

/** `${key}` or `${key, 'default'}` in a document. */
export interface PolicyVariable {
  readonly key: ContextKey
  readonly defaultText?: string | undefined
}

/** A text of a policy document, parsed: code points, wildcards, and variables still to be resolved. */
export interface TextTemplate {
  readonly tokens: readonly (number | PolicyVariable)[]
  readonly variables: readonly PolicyVariable[]
}

/** Which of a text's characters are more than themselves; decided by the element and the document's version. */
export interface TextSyntax {
  readonly hasWildcards: boolean
  readonly hasVariables: boolean
}

const ESCAPES = new Set(['*', '?', '$'])
const VARIABLE = /^\s*([^\s${},'][^${},']*?)\s*(?:,\s*'([^']*)'\s*)?$/

/**
 * Parses wildcards, variables and the escapes `${*}` `${?}` `${$}`. Throws MALFORMED for a `${` that is not closed or holds
 * no key.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */
export function parseText(text: string, syntax: TextSyntax, place: Place): TextTemplate {
  const tokens: (number | PolicyVariable)[] = []
  const variables: PolicyVariable[] = []
  let index = 0
  while (index < text.length) {
    if (syntax.hasVariables && text.startsWith('${', index)) {
      const end = text.indexOf('}', index)
      if (end < 0) throw refusal('MALFORMED', place, 'a closing } after ${', text)
      const content = text.slice(index + 2, end)
      if (ESCAPES.has(content)) tokens.push(content.charCodeAt(0))
      else {
        const variable = parseVariable(content, text, place)
        tokens.push(variable)
        variables.push(variable)
      }
      index = end + 1
    } else {
      const codePoint = text.codePointAt(index) ?? 0
      tokens.push(syntax.hasWildcards ? wildcardToken(codePoint) : codePoint)
      index += codePoint > 0xffff ? 2 : 1
    }
  }
  return { tokens, variables }
}

/** Tells whether every variable has a value or a default. */
export function areResolvable(variables: readonly PolicyVariable[], context: RequestContext): boolean {
  return variables.every((variable) => variableValue(variable, context) !== undefined)
}

/** A text of a policy document, ready to be compared with texts of requests. */
export interface TextMatcher {
  readonly variables: readonly PolicyVariable[]
  /** Puts in the values of a context. */
  bind(context: RequestContext): (text: string) => boolean
}

/** Compiles at once what holds no variable; the rest is compiled with the values of each context. */
export function compileMatcher(
  template: TextTemplate,
  compile: (pattern: Pattern) => (text: string) => boolean,
): TextMatcher {
  const { variables } = template
  if (variables.length > 0) return { variables, bind: (context) => compile(resolveText(template, context)) }
  const matches = compile(template.tokens.filter((token) => typeof token === 'number'))
  return { variables, bind: () => matches }
}

/** A matcher with wildcards. Resolves variables only for texts that begin as the template does: few do. */
export function compilePatternMatcher(template: TextTemplate): TextMatcher {
  const matcher = compileMatcher(template, compilePattern)
  if (template.variables.length === 0) return matcher
  const prefixLength = template.tokens.findIndex((token) => typeof token !== 'number' || token < 0)
  const prefix = textOf(template.tokens.slice(0, prefixLength).filter((token) => typeof token === 'number'))
  return {
    variables: matcher.variables,
    bind(context) {
      let resolved: ((text: string) => boolean) | undefined
      return (text) => {
        if (!text.startsWith(prefix)) return false
        resolved ??= matcher.bind(context)
        return resolved(text)
      }
    },
  }
}

/**
 * Puts in the request's values. A value stands for itself: a `*` in it is no wildcard, or a client could widen its own
 * rights by its name. A variable without value stands for nothing; statements with one are left out before.
 */
function resolveText(template: TextTemplate, context: RequestContext): Pattern {
  return template.tokens.flatMap((token) =>
    typeof token === 'number' ? token : toCodePoints(variableValue(token, context) ?? ''),
  )
}

function variableValue(variable: PolicyVariable, context: RequestContext): string | undefined {
  return context.variable(variable.key) ?? variable.defaultText
}

function parseVariable(content: string, text: string, place: Place): PolicyVariable {
  const [, key, defaultText] = VARIABLE.exec(content) ?? []
  if (key === undefined) throw refusal('MALFORMED', place, "${key}, ${key, 'default'}, ${*}, ${?} or ${$}", text)
  return { key: contextKey(key), defaultText }
}

function toCodePoints(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0) ?? 0)
}
