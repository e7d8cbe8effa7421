import fc from 'fast-check'
import type {
  Argument,
  Expression,
  NestedQuery,
  Query,
  Select,
  SelectItem,
  Statement,
} from '../../../local/iot-sql/syntax/ast.ts'
import { BINARY_OPERATORS } from './print.ts'

const offset = fc.constant(0)
const name = fc.constantFrom('a', 'b_1', '_x', 'SET', 'ended', 'notable', 'orders', 'then', 'case_')
const fieldName = fc.constantFrom('a', 'from', 'IN', 'case', 'value', 'null', 'end')
const variableName = fc.constantFrom('@a', '@B_2', '@1')
const alias = fc.option(
  fc.tuple(name, fc.array(fieldName, { maxLength: 2 })).map(([first, rest]) => [first, ...rest]),
  { nil: undefined },
)

function node<Kind extends string, Fields extends object>(
  kind: Kind,
  fields: { [Key in keyof Fields]: fc.Arbitrary<Fields[Key]> },
) {
  return fc.record({ kind: fc.constant(kind), ...fields, offset }) as unknown as fc.Arbitrary<
    { kind: Kind; offset: number } & Fields
  >
}

interface Nodes {
  expression: Expression
  argument: Argument
  query: NestedQuery
  select: Select
  clauses: Query
  item: SelectItem
}

/** `of` is no path: a path and the names after it are one path. */
const { expression, clauses } = fc.letrec<Nodes>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    node('text', { value: fc.string() }),
    node('number', { digits: fc.constantFrom('0', '12', '3.50', '1e9', '2.5E-3') }),
    node('constant', { value: fc.constantFrom(true, false, null) }),
    node('path', {
      names: fc.tuple(name, fc.array(fieldName, { maxLength: 3 })).map(([first, rest]) => [first, ...rest]),
    }),
    node('variable', { name: variableName }),
    node('member', {
      of: (tie('expression') as fc.Arbitrary<Expression>).filter(({ kind }) => kind !== 'path' && kind !== 'member'),
      names: fc.array(fieldName, { minLength: 1, maxLength: 2 }),
    }),
    node('call', { name, arguments: fc.array(tie('argument'), { maxLength: 3 }) }),
    node('cast', { value: tie('expression'), type: fc.constantFrom('Int', 'String', 'other') }),
    node('unary', { operator: fc.constantFrom('NOT', '-'), operand: tie('expression') }),
    node('binary', {
      operator: fc.constantFrom(...BINARY_OPERATORS),
      left: tie('expression'),
      right: tie('expression'),
    }),
    node('array', { items: fc.array(tie('expression'), { maxLength: 3 }) }),
    node('object', { members: fc.array(fc.record({ name: fc.string(), value: tie('expression') }), { maxLength: 3 }) }),
    node('case', {
      value: tie('expression'),
      branches: fc.array(fc.record({ when: tie('expression'), result: tie('expression') }), {
        minLength: 1,
        maxLength: 2,
      }),
      otherwise: fc.option(tie('expression'), { nil: undefined }),
    }),
    tie('query'),
    node('exists', { query: tie('query') }),
  ) as fc.Arbitrary<Expression>,
  argument: fc.oneof(
    { weight: 4, arbitrary: tie('expression') },
    { weight: 1, arbitrary: node('wholePayload', {}) },
  ) as fc.Arbitrary<Argument>,
  query: node('query', {
    query: tie('clauses'),
    source: tie('expression'),
    alias: fc.option(name, { nil: undefined }),
  }) as fc.Arbitrary<NestedQuery>,
  clauses: fc.record({
    select: tie('select'),
    where: fc.option(tie('expression'), { nil: undefined }),
  }) as fc.Arbitrary<Query>,
  select: fc.oneof(
    node('value', { value: tie('argument') }),
    fc.record({ kind: fc.constant('items' as const), items: fc.array(tie('item'), { minLength: 1, maxLength: 3 }) }),
  ) as fc.Arbitrary<Select>,
  item: fc.oneof(
    node('everything', { alias }),
    node('item', { expression: tie('expression'), alias, endOffset: offset }),
  ) as fc.Arbitrary<SelectItem>,
}))

export const arbitraryStatement: fc.Arbitrary<Statement> = fc.record({
  variables: fc.array(fc.record({ name: variableName, value: expression, offset }), { maxLength: 2 }),
  query: clauses,
  topicFilter: fc.option(fc.string(), { nil: undefined }),
})
