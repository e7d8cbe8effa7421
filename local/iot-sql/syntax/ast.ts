/** A parsed statement. Every node knows the offset in the text where it begins; items and expressions also where they end. */
export interface Statement {
  readonly variables: readonly VariableDefinition[]
  readonly query: Query
  /** Left out by a statement for Basic Ingest only. */
  readonly topicFilter: string | undefined
}

export interface VariableDefinition {
  /** With the @. */
  readonly name: string
  readonly value: Expression
  readonly offset: number
}

/** The clauses that a statement and a nested query share. */
export interface Query {
  readonly select: Select
  readonly where: Expression | undefined
}

export type Select =
  | { readonly kind: 'items'; readonly items: readonly SelectItem[] }
  | { readonly kind: 'value'; readonly value: Argument; readonly offset: number }

export type SelectItem =
  | { readonly kind: 'everything'; readonly alias: readonly string[] | undefined; readonly offset: number }
  | {
      readonly kind: 'item'
      readonly expression: Expression
      /** The names of a dotted alias, outermost first. */
      readonly alias: readonly string[] | undefined
      readonly offset: number
      /** Where the expression ends in the text. */
      readonly endOffset: number
    }

export type Expression =
  | { readonly kind: 'text'; readonly value: string; readonly offset: number }
  /** The digits as written: a JavaScript number could not hold all 34 of them. */
  | { readonly kind: 'number'; readonly digits: string; readonly offset: number }
  | { readonly kind: 'constant'; readonly value: boolean | null; readonly offset: number }
  | { readonly kind: 'path'; readonly names: readonly string[]; readonly offset: number }
  | { readonly kind: 'variable'; readonly name: string; readonly offset: number }
  /** `.name.name` after anything that is no path. */
  | {
      readonly kind: 'member'
      readonly of: Expression
      readonly names: readonly string[]
      readonly offset: number
    }
  | { readonly kind: 'call'; readonly name: string; readonly arguments: readonly Argument[]; readonly offset: number }
  | { readonly kind: 'cast'; readonly value: Expression; readonly type: string; readonly offset: number }
  | { readonly kind: 'unary'; readonly operator: UnaryOperator; readonly operand: Expression; readonly offset: number }
  | {
      readonly kind: 'binary'
      readonly operator: BinaryOperator
      readonly left: Expression
      readonly right: Expression
      readonly offset: number
    }
  | { readonly kind: 'array'; readonly items: readonly Expression[]; readonly offset: number }
  | { readonly kind: 'object'; readonly members: readonly ObjectMember[]; readonly offset: number }
  | {
      readonly kind: 'case'
      readonly value: Expression
      readonly branches: readonly CaseBranch[]
      readonly otherwise: Expression | undefined
      readonly offset: number
    }
  | NestedQuery
  | { readonly kind: 'exists'; readonly query: NestedQuery; readonly offset: number }

export interface NestedQuery {
  readonly kind: 'query'
  readonly query: Query
  readonly source: Expression
  readonly alias: string | undefined
  readonly offset: number
}

export interface ObjectMember {
  readonly name: string
  readonly value: Expression
}

export interface CaseBranch {
  readonly when: Expression
  readonly result: Expression
}

/** `*` as an argument is the payload as it came. */
export type Argument = Expression | { readonly kind: 'wholePayload'; readonly offset: number }

export type UnaryOperator = 'NOT' | '-'
export type BinaryOperator = 'OR' | 'AND' | 'IN' | ComparisonOperator | ArithmeticOperator
export type ComparisonOperator = '=' | '<>' | '<' | '<=' | '>' | '>='
export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%'
