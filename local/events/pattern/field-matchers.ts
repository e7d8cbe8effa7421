import { BlockList, isIP } from 'node:net'
import { PatternError } from './pattern-error.ts'
import { compileWildcard } from './wildcard.ts'

/** Decides one value of an event; undefined: there is none. */
export type FieldMatcher = (value: unknown) => boolean

type Compile = (operand: unknown) => FieldMatcher

const isText = (value: unknown): value is string => typeof value === 'string'

/** Operators by name. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html */
const OPERATORS: Readonly<Record<string, Compile>> = {
  prefix: (operand) => textMatcher('prefix', operand, (text, wanted) => text.startsWith(wanted)),
  suffix: (operand) => textMatcher('suffix', operand, (text, wanted) => text.endsWith(wanted)),
  'equals-ignore-case'(operand) {
    const wanted = requireText('equals-ignore-case', operand).toLowerCase()
    return (value) => isText(value) && value.toLowerCase() === wanted
  },
  wildcard(operand) {
    const fits = compileWildcard(requireText('wildcard', operand))
    return (value) => isText(value) && fits(value)
  },
  'anything-but': anythingBut,
  numeric,
  exists(operand) {
    if (typeof operand !== 'boolean') throw new PatternError('exists match pattern must be either true or false')
    // a leaf: objects do not count
    return (value) => (value !== undefined && (value === null || typeof value !== 'object')) === operand
  },
  cidr,
}

export const PATTERN_OPERATORS: readonly string[] = [...Object.keys(OPERATORS), '$or']

/** One entry of the list that a field of a pattern is. Throws PatternError. */
export function compileField(entry: unknown): FieldMatcher {
  if (entry === null || typeof entry !== 'object') return (value) => value === entry
  const [[name, operand] = ['', undefined], ...others] = Object.entries(entry)
  const compile = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined
  if (compile === undefined || others.length > 0) {
    throw new PatternError(`Unrecognized match type ${Object.keys(entry).join(', ')}`)
  }
  return compile(operand)
}

function textMatcher(name: string, operand: unknown, test: (text: string, wanted: string) => boolean): FieldMatcher {
  if (operand !== null && typeof operand === 'object' && 'equals-ignore-case' in operand) {
    const wanted = requireText(name, operand['equals-ignore-case']).toLowerCase()
    return (value) => isText(value) && test(value.toLowerCase(), wanted)
  }
  const wanted = requireText(name, operand)
  return (value) => isText(value) && test(value, wanted)
}

/** The field must be there, and be none of these. */
function anythingBut(operand: unknown): FieldMatcher {
  if (operand !== null && typeof operand === 'object' && !Array.isArray(operand)) {
    const [[name = '', inner] = [], ...others] = Object.entries(operand)
    if (others.length > 0 || !['prefix', 'suffix', 'equals-ignore-case', 'wildcard'].includes(name)) {
      throw new PatternError(`Unsupported anything-but pattern: ${Object.keys(operand).join(', ')}`)
    }
    const matchers = [inner].flat().map((one) => compileField({ [name]: one }))
    return (value) => isLeaf(value) && !matchers.some((matches) => matches(value))
  }
  const values = [operand].flat()
  const areFine = values.length > 0 && values.every((value) => isText(value) || typeof value === 'number')
  if (!areFine) throw new PatternError('anything-but expects strings or numbers')
  return (value) => isLeaf(value) && !values.includes(value as never)
}

function isLeaf(value: unknown): boolean {
  return value !== undefined && (value === null || typeof value !== 'object')
}

const COMPARISONS: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  '=': (value, bound) => value === bound,
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
}
/** Same page: the range in which numbers are compared. */
const MAX_NUMBER = 5e9

function numeric(operand: unknown): FieldMatcher {
  const parts = Array.isArray(operand) ? operand : []
  if (parts.length !== 2 && parts.length !== 4) throw new PatternError('numeric expects one or two comparisons')
  const comparisons = [0, 2].slice(0, parts.length / 2).map((index) => {
    const [operator, bound] = [parts[index], parts[index + 1]]
    const compare = isText(operator) && Object.hasOwn(COMPARISONS, operator) ? COMPARISONS[operator] : undefined
    if (!compare) throw new PatternError(`Unrecognized numeric range operator: ${String(operator)}`)
    if (typeof bound !== 'number' || Math.abs(bound) > MAX_NUMBER) {
      throw new PatternError(`Value of ${operator} must be numeric and between -5.0e9 and 5.0e9`)
    }
    return (value: number) => compare(value, bound)
  })
  return (value) => typeof value === 'number' && comparisons.every((compare) => compare(value))
}

function cidr(operand: unknown): FieldMatcher {
  const [address = '', bits = ''] = requireText('cidr', operand).split('/')
  const family = isIP(address) === 4 ? 'ipv4' : 'ipv6'
  const list = new BlockList()
  try {
    list.addSubnet(address, Number(bits), family)
  } catch {
    throw new PatternError(`Malformed CIDR: ${String(operand)}`)
  }
  return (value) => isText(value) && isIP(value) !== 0 && list.check(value, isIP(value) === 4 ? 'ipv4' : 'ipv6')
}

function requireText(operator: string, operand: unknown): string {
  if (isText(operand)) return operand
  throw new PatternError(`${operator} match pattern must be a string`)
}
