import { EMPTY_ALT, EmbeddedActionsParser, EOF, type IToken, type ParserMethod, tokenMatcher } from 'chevrotain'
import type { Argument, Expression, SelectItem, Statement } from './ast.ts'
import { binary, constantNode, numberNode, operatorOf, prefixed, textNode, textOf } from './nodes.ts'
import { notSupported, Refusal } from './sql-error.ts'
import { constructOf, describeToken, SYNTAX_MESSAGES } from './syntax-messages.ts'
import * as token from './tokens.ts'

/**
 * The grammar, loosest first: OR, AND, NOT, comparison (does not chain), `+ -`, `* / %`, unary minus. The language's
 * documentation gives no precedence; this is the usual one. Throws Refusal, or leaves the first syntax error in `errors`.
 */
export class StatementParser extends EmbeddedActionsParser {
  readonly statement: ParserMethod<[], Statement> = this.RULE('statement', () => {
    this.OPTION(() => {
      const set = this.CONSUME(token.SetKeyword)
      this.ACTION(() => refuse(notSupported('SET', set.startOffset)))
    })
    const select = this.CONSUME(token.Select)
    this.ACTION(() => this.refuseSelectValue())
    const items = [this.SUBRULE(this.selectItem)]
    this.MANY(() => {
      this.CONSUME(token.Comma)
      items.push(this.SUBRULE1(this.selectItem))
    })
    this.ACTION(() => {
      if (this.LA(1).tokenType === EOF) refuse(notSupported('a statement without FROM', select.startOffset))
    })
    this.CONSUME(token.From)
    const topicFilter = textOf(this.CONSUME(token.TextLiteral))
    const where = this.OPTION1(() => {
      this.CONSUME(token.Where)
      return this.SUBRULE(this.expression)
    })
    return { items, topicFilter, where }
  })

  private readonly selectItem: ParserMethod<[], SelectItem> = this.RULE('selectItem', () =>
    this.OR({
      DEF: [
        { ALT: (): SelectItem => ({ kind: 'everything', offset: this.CONSUME(token.Asterisk).startOffset }) },
        {
          ALT: (): SelectItem => {
            const expression = this.SUBRULE(this.expression)
            const alias = this.OPTION(() => this.SUBRULE(this.alias))
            return { kind: 'item', expression, alias, offset: expression?.offset }
          },
        },
      ],
      ERR_MSG: '* or an expression',
    }),
  )

  private readonly alias: ParserMethod<[], string> = this.RULE('alias', () => {
    this.CONSUME(token.As)
    const name = this.CONSUME(token.PlainName)
    this.ACTION(() => {
      if (tokenMatcher(this.LA(1), token.Dot)) refuse(notSupported('a dotted alias', name.startOffset))
    })
    return name.image
  })

  private readonly expression: ParserMethod<[], Expression> = this.RULE('expression', () => {
    let left = this.SUBRULE(this.conjunction)
    this.MANY(() => {
      this.CONSUME(token.Or)
      left = binary('OR', left, this.SUBRULE1(this.conjunction))
    })
    return left
  })

  private readonly conjunction: ParserMethod<[], Expression> = this.RULE('conjunction', () => {
    let left = this.SUBRULE(this.negation)
    this.MANY(() => {
      this.CONSUME(token.And)
      left = binary('AND', left, this.SUBRULE1(this.negation))
    })
    return left
  })

  private readonly negation: ParserMethod<[], Expression> = this.RULE('negation', () => {
    const nots: IToken[] = []
    this.MANY(() => nots.push(this.CONSUME(token.Not)))
    return prefixed('NOT', nots, this.SUBRULE(this.comparison))
  })

  private readonly comparison: ParserMethod<[], Expression> = this.RULE('comparison', () => {
    const left = this.SUBRULE(this.sum)
    return this.OR([
      {
        ALT: () => {
          const sign = this.CONSUME(token.ComparisonSign)
          const right = this.SUBRULE1(this.sum)
          this.ACTION(() => this.refuseChainedComparison())
          return binary(operatorOf(sign), left, right)
        },
      },
      {
        ALT: () => {
          const keyword = this.CONSUME(token.In)
          return this.ACTION(() => refuse(notSupported('IN', keyword.startOffset)))
        },
      },
      { ALT: EMPTY_ALT(left) },
    ])
  })

  private readonly sum: ParserMethod<[], Expression> = this.RULE('sum', () => {
    let left = this.SUBRULE(this.product)
    this.MANY(() => {
      const sign = this.CONSUME(token.AdditiveSign)
      left = binary(operatorOf(sign), left, this.SUBRULE1(this.product))
    })
    return left
  })

  private readonly product: ParserMethod<[], Expression> = this.RULE('product', () => {
    let left = this.SUBRULE(this.signed)
    this.MANY(() => {
      const sign = this.CONSUME(token.MultiplicativeSign)
      left = binary(operatorOf(sign), left, this.SUBRULE1(this.signed))
    })
    return left
  })

  private readonly signed: ParserMethod<[], Expression> = this.RULE('signed', () => {
    const signs: IToken[] = []
    this.MANY(() => signs.push(this.CONSUME(token.Minus)))
    return prefixed('-', signs, this.SUBRULE(this.primary))
  })

  private readonly primary: ParserMethod<[], Expression> = this.RULE('primary', () =>
    this.OR({
      DEF: [
        { ALT: () => textNode(this.CONSUME(token.TextLiteral)) },
        { ALT: () => numberNode(this.CONSUME(token.NumberLiteral)) },
        { ALT: () => constantNode(true, this.CONSUME(token.True)) },
        { ALT: () => constantNode(false, this.CONSUME(token.False)) },
        { ALT: () => constantNode(null, this.CONSUME(token.Null)) },
        { ALT: () => this.SUBRULE(this.pathOrCall) },
        { ALT: () => this.SUBRULE(this.parenthesised) },
        {
          ALT: () => {
            const start = this.CONSUME(token.UnsupportedStart)
            return this.ACTION(() => refuse(notSupported(constructOf(start), start.startOffset)))
          },
        },
      ],
      ERR_MSG: 'an expression',
    }),
  )

  private readonly parenthesised: ParserMethod<[], Expression> = this.RULE('parenthesised', () => {
    this.CONSUME(token.LeftParenthesis)
    this.ACTION(() => {
      if (tokenMatcher(this.LA(1), token.Select)) refuse(notSupported('a nested SELECT', this.LA(1).startOffset))
    })
    const inner = this.SUBRULE(this.expression)
    this.CONSUME(token.RightParenthesis)
    return inner
  })

  private readonly pathOrCall: ParserMethod<[], Expression> = this.RULE('pathOrCall', () => {
    const first = this.CONSUME(token.PlainName)
    return this.OR([
      { ALT: () => this.SUBRULE(this.argumentList, { ARGS: [first] }) },
      {
        ALT: (): Expression => {
          const names = [first.image]
          this.MANY(() => {
            this.CONSUME(token.Dot)
            names.push(this.CONSUME(token.FieldName).image)
          })
          return { kind: 'path', names, offset: first.startOffset }
        },
      },
    ])
  })

  private readonly argumentList: ParserMethod<[IToken?], Expression> = this.RULE(
    'argumentList',
    (name?: IToken): Expression => {
      const args: Argument[] = []
      this.CONSUME(token.LeftParenthesis)
      this.MANY_SEP({ SEP: token.Comma, DEF: () => args.push(this.SUBRULE(this.argument)) })
      this.CONSUME(token.RightParenthesis)
      return { kind: 'call', name: name?.image ?? '', arguments: args, offset: name?.startOffset ?? 0 }
    },
  )

  private readonly argument: ParserMethod<[], Argument> = this.RULE('argument', () =>
    this.OR({
      DEF: [
        { ALT: (): Argument => ({ kind: 'wholePayload', offset: this.CONSUME(token.Asterisk).startOffset }) },
        { ALT: () => this.SUBRULE(this.expression) },
      ],
      ERR_MSG: '* or an expression',
    }),
  )

  constructor({ skipValidations }: { skipValidations: boolean }) {
    super(token.ALL_TOKENS, { errorMessageProvider: SYNTAX_MESSAGES, maxLookahead: 2, skipValidations })
    this.performSelfAnalysis()
  }

  /** `value` is a field's name too; it is the keyword unless what follows can only continue an expression. */
  private refuseSelectValue(): void {
    const [value, next] = [this.LA(1), this.LA(2)]
    const continues = [
      token.Comma,
      token.From,
      token.As,
      token.Dot,
      token.ComparisonSign,
      token.And,
      token.Or,
      token.In,
    ]
    const isField = continues.some((type) => tokenMatcher(next, type)) || ['+', '/', '%'].includes(next.image)
    if (tokenMatcher(value, token.Value) && !isField) refuse(notSupported('SELECT VALUE', value.startOffset))
  }

  private refuseChainedComparison(): void {
    const next = this.LA(1)
    if (!tokenMatcher(next, token.ComparisonSign)) return
    const reason = `expected parentheses around one comparison of another, found ${describeToken(next)}`
    refuse(new Refusal('SYNTAX_ERROR', next.startOffset, reason))
  }
}

function refuse(refusal: Refusal): never {
  throw refusal
}
