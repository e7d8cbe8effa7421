import { EOF, type ParserMethod, tokenMatcher } from 'chevrotain'
import { Refusal } from '../sql-error.ts'
import type {
  Argument,
  Expression,
  NestedQuery,
  Query,
  Select,
  SelectItem,
  Statement,
  VariableDefinition,
} from './ast.ts'
import { ExpressionGrammar } from './expression-grammar.ts'
import { textOf } from './nodes.ts'
import * as token from './tokens.ts'

/** What continues an expression that begins with a field called `value`; after the keyword VALUE none of it can stand. */
const CONTINUES_FIELD = [
  ...[token.Comma, token.From, token.As, token.Dot, token.And, token.Or],
  ...[token.ComparisonSign, token.AdditiveSign, token.MultiplicativeSign],
]

const ENDS_SELECT = [token.From, token.Where, EOF]

/** The clauses of a statement. Throws Refusal, or leaves the first syntax error in `errors`. */
export class StatementParser extends ExpressionGrammar {
  readonly statement: ParserMethod<[], Statement> = this.RULE('statement', () => {
    const variables: VariableDefinition[] = []
    this.OPTION(() => {
      this.CONSUME(token.SetKeyword)
      this.AT_LEAST_ONE_SEP({
        SEP: token.Comma,
        DEF: () => variables.push(this.SUBRULE(this.variableDefinition)),
        ERR_MSG: 'a variable',
      })
    })
    const select = this.SUBRULE(this.select)
    const topicFilter = this.OPTION1(() => {
      this.CONSUME(token.From)
      return textOf(this.CONSUME(token.TextLiteral))
    })
    const where = this.SUBRULE(this.condition)
    return { variables, query: { select, where }, topicFilter }
  })

  /** The expression of a substitution template. */
  readonly loneExpression: ParserMethod<[], Expression> = this.RULE('loneExpression', () =>
    this.SUBRULE(this.expression),
  )

  protected override readonly nestedQuery: ParserMethod<[], NestedQuery> = this.RULE('nestedQuery', (): NestedQuery => {
    const { startOffset } = this.LA(1)
    const select = this.SUBRULE(this.select)
    this.CONSUME(token.From)
    const source = this.SUBRULE(this.member)
    const alias = this.OPTION(() => {
      this.CONSUME(token.As)
      return this.CONSUME(token.PlainName).image
    })
    const where = this.SUBRULE(this.condition)
    const query: Query = { select, where }
    return { kind: 'query', query, source, alias, offset: startOffset }
  })

  private readonly variableDefinition: ParserMethod<[], VariableDefinition> = this.RULE('variableDefinition', () => {
    const { image, startOffset } = this.CONSUME(token.Variable)
    this.CONSUME(token.Equal)
    return { name: image, value: this.SUBRULE(this.expression), offset: startOffset }
  })

  private readonly select: ParserMethod<[], Select> = this.RULE('select', (): Select => {
    this.CONSUME(token.Select)
    const keyword = this.OPTION({ GATE: () => this.isValueKeyword(), DEF: () => this.CONSUME(token.Value) })
    const items: SelectItem[] = []
    this.AT_LEAST_ONE_SEP({
      SEP: token.Comma,
      DEF: () => items.push(this.SUBRULE(this.selectItem)),
      ERR_MSG: '* or an expression',
    })
    if (keyword === undefined) return { kind: 'items', items }
    return this.ACTION((): Select => ({ kind: 'value', value: onlyValue(items), offset: keyword.startOffset }))
  })

  private readonly condition: ParserMethod<[], Expression | undefined> = this.RULE('condition', () =>
    this.OPTION(() => {
      this.CONSUME(token.Where)
      return this.SUBRULE(this.expression)
    }),
  )

  private readonly selectItem: ParserMethod<[], SelectItem> = this.RULE('selectItem', () =>
    this.OR({
      DEF: [
        {
          ALT: (): SelectItem => {
            const { startOffset } = this.CONSUME(token.Asterisk)
            const alias = this.SUBRULE(this.alias)
            return { kind: 'everything', alias, offset: startOffset }
          },
        },
        {
          ALT: (): SelectItem => {
            const { startOffset } = this.LA(1)
            const expression = this.SUBRULE(this.expression)
            const endOffset = this.endOfLastToken()
            const alias = this.SUBRULE1(this.alias)
            return { kind: 'item', expression, alias, offset: startOffset, endOffset }
          },
        },
      ],
      ERR_MSG: '* or an expression',
    }),
  )

  private readonly alias: ParserMethod<[], string[] | undefined> = this.RULE('alias', () =>
    this.OPTION(() => {
      this.CONSUME(token.As)
      const names = [this.CONSUME(token.PlainName).image]
      this.MANY(() => {
        this.CONSUME(token.Dot)
        names.push(this.CONSUME(token.FieldName).image)
      })
      return names
    }),
  )

  constructor({ skipValidations }: { skipValidations: boolean }) {
    super(skipValidations)
    this.performSelfAnalysis()
  }

  private isValueKeyword(): boolean {
    const next = this.LA(2)
    if (tokenMatcher(next, token.Asterisk) && ENDS_SELECT.some((type) => tokenMatcher(this.LA(3), type))) return true
    return ![...CONTINUES_FIELD, EOF].some((type) => tokenMatcher(next, type))
  }

  private endOfLastToken(): number {
    const last = this.LA(0)
    return (last?.startOffset ?? 0) + (last?.image?.length ?? 0)
  }
}

/** After VALUE stands one item, without a name. */
function onlyValue([first, second]: readonly SelectItem[]): Argument {
  const surplus = second ?? (first?.alias === undefined ? undefined : first)
  if (first !== undefined && surplus === undefined) {
    return first.kind === 'item' ? first.expression : { kind: 'wholePayload', offset: first.offset }
  }
  const reason = 'expected one item without alias after VALUE, found more'
  throw new Refusal('SYNTAX_ERROR', surplus?.offset ?? 0, reason)
}
