import type {
  Argument,
  BinaryOperator,
  NestedQuery,
  Query,
  Select,
  Statement,
} from '../../../local/iot-sql/syntax/ast.ts'

const COMPARISON = 4
const PRECEDENCE: Readonly<Record<BinaryOperator, number>> = {
  OR: 1,
  AND: 2,
  IN: COMPARISON,
  '=': COMPARISON,
  '<>': COMPARISON,
  '<': COMPARISON,
  '<=': COMPARISON,
  '>': COMPARISON,
  '>=': COMPARISON,
  '+': 5,
  '-': 5,
  '*': 6,
  '/': 6,
  '%': 6,
}
const UNARY_PRECEDENCE = { NOT: 3, '-': 7 } as const
const MEMBER = 8

export const BINARY_OPERATORS = Object.keys(PRECEDENCE) as BinaryOperator[]

/** Writes a statement with no parenthesis more than precedence asks for. */
export function printStatement({ variables, query, topicFilter }: Statement): string {
  const definitions = variables.map(({ name, value }) => `${name} = ${print(value)}`)
  const set = definitions.length === 0 ? '' : `SET ${definitions.join(', ')} `
  return `${set}${printSelect(query.select)}${topicFilter === undefined ? '' : ` FROM ${quote(topicFilter)}`}${printWhere(query)}`
}

function printSelect(select: Select): string {
  if (select.kind === 'value') return `SELECT VALUE ${print(select.value)}`
  const items = select.items.map((item) => {
    const alias = item.alias === undefined ? '' : ` AS ${item.alias.join('.')}`
    return (item.kind === 'everything' ? '*' : print(item.expression)) + alias
  })
  return `SELECT ${items.join(', ')}`
}

function printWhere({ where }: Query): string {
  return where === undefined ? '' : ` WHERE ${print(where)}`
}

function printQuery({ query, source, alias }: NestedQuery): string {
  const from = `FROM ${print(source, MEMBER)}${alias === undefined ? '' : ` AS ${alias}`}`
  return `(${printSelect(query.select)} ${from}${printWhere(query)})`
}

function print(node: Argument, minimum = 0): string {
  switch (node.kind) {
    case 'wholePayload':
      return '*'
    case 'text':
      return quote(node.value)
    case 'number':
      return node.digits
    case 'constant':
      return String(node.value)
    case 'variable':
      return node.name
    case 'path':
      return node.names.join('.')
    case 'member':
      return [print(node.of, MEMBER), ...node.names].join('.')
    case 'call':
      return `${node.name}(${node.arguments.map((argument) => print(argument)).join(', ')})`
    case 'cast':
      return `cast(${print(node.value)} AS ${node.type})`
    case 'array':
      return `[${node.items.map((item) => print(item)).join(', ')}]`
    case 'object':
      return `{${node.members.map(({ name, value }) => `${quote(name)}: ${print(value)}`).join(', ')}}`
    case 'case': {
      const branches = node.branches.map(({ when, result }) => ` WHEN ${print(when)} THEN ${print(result)}`)
      const otherwise = node.otherwise === undefined ? '' : ` ELSE ${print(node.otherwise)}`
      return `CASE ${print(node.value)}${branches.join('')}${otherwise} END`
    }
    case 'query':
      return printQuery(node)
    case 'exists':
      return `EXISTS ${printQuery(node.query)}`
    case 'unary': {
      const own = UNARY_PRECEDENCE[node.operator]
      return enclose(`${node.operator} ${print(node.operand, own)}`, own < minimum)
    }
    case 'binary': {
      const own = PRECEDENCE[node.operator]
      const left = print(node.left, own === COMPARISON ? own + 1 : own)
      return enclose(`${left} ${node.operator} ${print(node.right, own + 1)}`, own < minimum)
    }
  }
}

function enclose(text: string, needsParentheses: boolean): string {
  return needsParentheses ? `(${text})` : text
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
