import { type Condition, compileConditions } from './condition.ts'
import {
  checkElements,
  type JsonObject,
  type Place,
  placeAt,
  readObject,
  readTexts,
  refusal,
} from './document-reader.ts'
import { compilePrincipal, type PrincipalMatcher } from './principal.ts'
import type { RequestContext } from './request-context.ts'
import { areResolvable, compilePatternMatcher, parseText, type TextMatcher, type TextSyntax } from './text-template.ts'
import { compilePattern, parseWildcards } from './wildcard.ts'

/** A request as statements see it: the action in lower case, the context read on demand. */
export interface StatementRequest {
  readonly lowerCaseAction: string
  readonly resource: string
  readonly principal: string | undefined
  readonly context: RequestContext
}

export interface CompiledStatement {
  readonly effect: 'Allow' | 'Deny'
  readonly index: number
  readonly sid: string | undefined
  /** Everything but the resource: action, caller, variables and conditions. */
  mayApply(request: Omit<StatementRequest, 'resource'>): boolean
  /** With the variables of the context put in; to be asked only where `mayApply`. */
  coversResource(context: RequestContext): (resource: string) => boolean
}

export interface StatementSyntax extends Pick<TextSyntax, 'hasVariables'> {
  /** A policy on a resource names its callers and may leave out Resource; one on a caller must not name any. */
  readonly isResourcePolicy: boolean
}

const IDENTITY_ELEMENTS = ['Sid', 'Effect', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition']
const RESOURCE_POLICY_ELEMENTS = [...IDENTITY_ELEMENTS, 'Principal', 'NotPrincipal']
const ACTION = /^(?:\*|[A-Za-z0-9*?-]+:[A-Za-z0-9*?]+)$/

/** Compiles one statement; `place` is `Statement[index]`. Throws PolicyError. */
export function compileStatement(
  value: unknown,
  index: number,
  root: Place,
  syntax: StatementSyntax,
): CompiledStatement {
  const object = readObject(value, root, 'a statement')
  const sid = readSid(object.Sid, placeAt(root, 'Sid'))
  const place: Place = { ...root, sid }
  checkElements(object, place, syntax.isResourcePolicy ? RESOURCE_POLICY_ELEMENTS : IDENTITY_ELEMENTS)

  const effect = readEffect(object.Effect, placeAt(place, 'Effect'))
  const coversAction = compileActions(object, place)
  const coversPrincipal = syntax.isResourcePolicy ? compilePrincipals(object, place) : undefined
  const resources = compileResources(object, place, syntax)
  const conditions = compileConditions(object.Condition, placeAt(place, 'Condition'), syntax)
  const variables = [...resources.matchers, ...conditions].flatMap((part) => part.variables)
  const needed = variables.filter((variable) => variable.defaultText === undefined)

  return {
    effect,
    index,
    sid,
    mayApply({ lowerCaseAction, principal, context }) {
      return (
        coversAction(lowerCaseAction) &&
        (coversPrincipal === undefined || coversPrincipal(principal)) &&
        (needed.length === 0 || areResolvable(needed, context)) &&
        (conditions.length === 0 || allHold(conditions, context))
      )
    },
    coversResource: resources.bind,
  }
}

function allHold(conditions: readonly Condition[], context: RequestContext): boolean {
  return conditions.every((condition) => condition.holds(context))
}

function readSid(value: unknown, place: Place): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  throw refusal('MALFORMED', place, 'a text', value)
}

function readEffect(value: unknown, place: Place): 'Allow' | 'Deny' {
  if (value === 'Allow' || value === 'Deny') return value
  throw refusal('MALFORMED', place, '"Allow" or "Deny"', value)
}

function compileActions(statement: JsonObject, place: Place): (lowerCaseAction: string) => boolean {
  const element = readEither(statement, place, 'Action', 'NotAction')
  const tests = readTexts(element.value, element.place, 'an action').map(({ text, place: actionPlace }) => {
    if (!ACTION.test(text)) throw refusal('MALFORMED', actionPlace, '"*" or <service>:<action>', text)
    return compilePattern(parseWildcards(text.toLowerCase()))
  })
  return (action) => tests.some((matches) => matches(action)) !== element.isNegated
}

function compilePrincipals(statement: JsonObject, place: Place): PrincipalMatcher {
  const element = readEither(statement, place, 'Principal', 'NotPrincipal')
  const matches = compilePrincipal(element.value, element.place)
  return (principal) => matches(principal) !== element.isNegated
}

interface Resources {
  readonly matchers: readonly TextMatcher[]
  bind(context: RequestContext): (resource: string) => boolean
}

function compileResources(statement: JsonObject, place: Place, syntax: StatementSyntax): Resources {
  const isLeftOut = statement.Resource === undefined && statement.NotResource === undefined
  if (syntax.isResourcePolicy && isLeftOut) return { matchers: [], bind: () => () => true }
  const element = readEither(statement, place, 'Resource', 'NotResource')
  const matchers = readTexts(element.value, element.place, 'an ARN or "*"').map(({ text, place: resourcePlace }) => {
    if (!text.startsWith('*') && !text.startsWith('arn:')) {
      throw refusal('MALFORMED', resourcePlace, 'an ARN or "*"', text)
    }
    const template = parseText(text, { hasWildcards: true, hasVariables: syntax.hasVariables }, resourcePlace)
    return compilePatternMatcher(template)
  })
  return {
    matchers,
    bind(context) {
      const tests = matchers.map((matcher) => matcher.bind(context))
      const [only] = tests
      if (only !== undefined && tests.length === 1 && !element.isNegated) return only
      return (resource) => tests.some((matches) => matches(resource)) !== element.isNegated
    },
  }
}

/** An element or its negation, exactly one of them. */
function readEither(statement: JsonObject, place: Place, name: string, negatedName: string) {
  const isNegated = statement[name] === undefined
  const value = isNegated ? statement[negatedName] : statement[name]
  if (value === undefined) throw refusal('MALFORMED', place, `${name} or ${negatedName}`, undefined)
  if (!isNegated && statement[negatedName] !== undefined) {
    throw refusal('MALFORMED', placeAt(place, negatedName), `either ${name} or ${negatedName}`, 'both')
  }
  return { value, place: placeAt(place, isNegated ? negatedName : name), isNegated }
}
