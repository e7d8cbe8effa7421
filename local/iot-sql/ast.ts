/** A parsed statement. Every node knows the offset in the text where it begins, for messages only. */
export interface Statement {
  readonly items: readonly SelectItem[]
  readonly topicFilter: string
  readonly where?: Expression | undefined
}

export type SelectItem =
  | { readonly kind: 'everything'; readonly offset: number }
  | {
      readonly kind: 'item'
      readonly expression: Expression
      readonly alias?: string | undefined
      readonly offset: number
    }

export type Expression =
  | { readonly kind: 'text'; readonly value: string; readonly offset: number }
  /** The digits as written: a JavaScript number could not hold all 34 of them. */
  | { readonly kind: 'number'; readonly digits: string; readonly offset: number }
  | { readonly kind: 'constant'; readonly value: boolean | null; readonly offset: number }
  | { readonly kind: 'path'; readonly names: readonly string[]; readonly offset: number }
  | { readonly kind: 'call'; readonly name: string; readonly arguments: readonly Argument[]; readonly offset: number }
  | { readonly kind: 'unary'; readonly operator: UnaryOperator; readonly operand: Expression; readonly offset: number }
  | {
      readonly kind: 'binary'
      readonly operator: BinaryOperator
      readonly left: Expression
      readonly right: Expression
      readonly offset: number
    }

/** `*` as an argument is the payload as it came. */
export type Argument = Expression | { readonly kind: 'wholePayload'; readonly offset: number }

export type UnaryOperator = 'NOT' | '-'
export type BinaryOperator = 'OR' | 'AND' | ComparisonOperator | ArithmeticOperator
export type ComparisonOperator = '=' | '<>' | '<' | '<=' | '>' | '>='
export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%'
