import { EMPTY_ALT, EmbeddedActionsParser, type IToken, type ParserMethod, tokenMatcher } from 'chevrotain'
import { Refusal } from '../sql-error.ts'
import type { Argument, CaseBranch, Expression, NestedQuery, ObjectMember } from './ast.ts'
import { binary, callOf, constantNode, memberOf, numberNode, operatorOf, prefixed, textNode, textOf } from './nodes.ts'
import { describeToken, SYNTAX_MESSAGES } from './syntax-messages.ts'
import * as token from './tokens.ts'

/**
 * Expressions, loosest first: OR, AND, NOT, comparison and IN (do not chain), `+ -`, `* / %`, unary minus, `.member`. The
 * language's documentation gives no precedence; this is the usual one. The first syntax error is left in `errors`.
 */
export abstract class ExpressionGrammar extends EmbeddedActionsParser {
  /** A nested SELECT, its parentheses read by the caller. */
  protected abstract readonly nestedQuery: ParserMethod<[], NestedQuery>

  readonly expression: ParserMethod<[], Expression> = this.RULE('expression', () => {
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
    return prefixed('-', signs, this.SUBRULE(this.member))
  })

  /** Anything, with the names of members after it. */
  protected readonly member: ParserMethod<[], Expression> = this.RULE('member', () => {
    const of = this.SUBRULE(this.primary)
    const names: string[] = []
    this.MANY(() => {
      this.CONSUME(token.Dot)
      names.push(this.CONSUME(token.FieldName).image)
    })
    return memberOf(of, names)
  })

  private readonly primary: ParserMethod<[], Expression> = this.RULE('primary', () =>
    this.OR({
      DEF: [
        { ALT: () => textNode(this.CONSUME(token.TextLiteral)) },
        { ALT: () => numberNode(this.CONSUME(token.NumberLiteral)) },
        { ALT: () => constantNode(true, this.CONSUME(token.True)) },
        { ALT: () => constantNode(false, this.CONSUME(token.False)) },
        { ALT: () => constantNode(null, this.CONSUME(token.Null)) },
        {
          ALT: (): Expression => {
            const { image, startOffset } = this.CONSUME(token.Variable)
            return { kind: 'variable', name: image, offset: startOffset }
          },
        },
        { ALT: () => this.SUBRULE(this.nameOrCall) },
        { ALT: () => this.SUBRULE(this.parenthesised) },
        { ALT: () => this.SUBRULE(this.arrayLiteral) },
        { ALT: () => this.SUBRULE(this.objectLiteral) },
        { ALT: () => this.SUBRULE(this.caseExpression) },
        { ALT: () => this.SUBRULE(this.existence) },
      ],
      ERR_MSG: 'an expression',
    }),
  )

  private readonly parenthesised: ParserMethod<[], Expression> = this.RULE('parenthesised', () => {
    this.CONSUME(token.LeftParenthesis)
    const inner: Expression = this.OR({
      DEF: [{ ALT: (): Expression => this.SUBRULE(this.nestedQuery) }, { ALT: () => this.SUBRULE(this.expression) }],
      ERR_MSG: 'an expression or SELECT',
    })
    this.CONSUME(token.RightParenthesis)
    return inner
  })

  private readonly existence: ParserMethod<[], Expression> = this.RULE('existence', (): Expression => {
    const { startOffset } = this.CONSUME(token.Exists)
    this.CONSUME(token.LeftParenthesis)
    const query = this.SUBRULE(this.nestedQuery)
    this.CONSUME(token.RightParenthesis)
    return { kind: 'exists', query, offset: startOffset }
  })

  private readonly arrayLiteral: ParserMethod<[], Expression> = this.RULE('arrayLiteral', (): Expression => {
    const items: Expression[] = []
    const { startOffset } = this.CONSUME(token.LeftBracket)
    this.MANY_SEP({ SEP: token.Comma, DEF: () => items.push(this.SUBRULE(this.expression)) })
    this.CONSUME(token.RightBracket)
    return { kind: 'array', items, offset: startOffset }
  })

  private readonly objectLiteral: ParserMethod<[], Expression> = this.RULE('objectLiteral', (): Expression => {
    const members: ObjectMember[] = []
    const { startOffset } = this.CONSUME(token.LeftBrace)
    this.MANY_SEP({
      SEP: token.Comma,
      DEF: () => {
        const name = textOf(this.CONSUME(token.TextLiteral))
        this.CONSUME(token.Colon)
        members.push({ name, value: this.SUBRULE(this.expression) })
      },
    })
    this.CONSUME(token.RightBrace)
    return { kind: 'object', members, offset: startOffset }
  })

  private readonly caseExpression: ParserMethod<[], Expression> = this.RULE('caseExpression', (): Expression => {
    const branches: CaseBranch[] = []
    const { startOffset } = this.CONSUME(token.Case)
    const value = this.SUBRULE(this.expression)
    this.AT_LEAST_ONE({
      DEF: () => {
        this.CONSUME(token.When)
        const when = this.SUBRULE1(this.expression)
        this.CONSUME(token.Then)
        branches.push({ when, result: this.SUBRULE2(this.expression) })
      },
      ERR_MSG: 'WHEN',
    })
    const otherwise = this.OPTION(() => {
      this.CONSUME(token.Else)
      return this.SUBRULE3(this.expression)
    })
    this.CONSUME(token.End)
    return { kind: 'case', value, branches, otherwise, offset: startOffset }
  })

  private readonly nameOrCall: ParserMethod<[], Expression> = this.RULE('nameOrCall', () => {
    const name = this.CONSUME(token.PlainName)
    return this.OR([
      { ALT: () => this.SUBRULE(this.argumentList, { ARGS: [name] }) },
      { ALT: (): Expression => ({ kind: 'path', names: [name.image], offset: name.startOffset }) },
    ])
  })

  private readonly argumentList: ParserMethod<[IToken?], Expression> = this.RULE(
    'argumentList',
    (name?: IToken): Expression => {
      const args: Argument[] = []
      this.CONSUME(token.LeftParenthesis)
      this.MANY_SEP({ SEP: token.Comma, DEF: () => args.push(this.SUBRULE(this.argument)) })
      const type = this.OPTION(() => {
        this.ACTION(() => refuseTypeOf(name, args, this.LA(1)))
        this.CONSUME(token.As)
        return this.CONSUME(token.PlainName).image
      })
      this.CONSUME(token.RightParenthesis)
      const [value] = args
      if (type === undefined || value === undefined || value.kind === 'wholePayload') return callOf(name, args)
      return { kind: 'cast', value, type, offset: name?.startOffset ?? 0 }
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

  constructor(skipValidations: boolean) {
    super(token.ALL_TOKENS, { errorMessageProvider: SYNTAX_MESSAGES, maxLookahead: 2, skipValidations })
  }

  private refuseChainedComparison(): void {
    const next = this.LA(1)
    if (!tokenMatcher(next, token.ComparisonSign)) return
    const reason = `expected parentheses around one comparison of another, found ${describeToken(next)}`
    throw new Refusal('SYNTAX_ERROR', next.startOffset, reason)
  }
}

/** `AS type` stands in `cast(value AS type)` and nowhere else. */
function refuseTypeOf(name: IToken | undefined, args: readonly Argument[], as: IToken): void {
  const [value] = args
  if (name?.image.toLowerCase() === 'cast' && args.length === 1 && value?.kind !== 'wholePayload') return
  throw new Refusal('SYNTAX_ERROR', as.startOffset, `expected ")", found ${describeToken(as)}`)
}
