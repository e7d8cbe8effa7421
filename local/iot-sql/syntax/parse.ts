import { EOF, type IToken, Lexer, type ParserMethod } from 'chevrotain'
import { Refusal } from '../sql-error.ts'
import type { Expression, Statement } from './ast.ts'
import { StatementParser } from './grammar.ts'
import { ALL_TOKENS } from './tokens.ts'

/**
 * Our limits, not the service's, which names none but 128 KB for a whole rule: they keep recursion over a statement far from
 * the end of the stack. https://docs.aws.amazon.com/general/latest/gr/iot-core.html
 */
export const STATEMENT_LIMITS = { maxCharacters: 128 * 1024, maxTokens: 4000, maxNesting: 50 } as const

/** What opens and closes a level of nesting. */
const OPENING = new Set(['(', '[', '{', 'CASE'])
const CLOSING = new Set([')', ']', '}', 'END'])

/** Parses statements and the expressions of templates; throws Refusal for anything that is none. */
export interface SqlParser {
  statement(sql: string): Statement
  expression(sql: string): Expression
}

/**
 * Builds a parser, which takes some 20 ms, and twice that when the grammar is checked for ambiguities too: a test does so.
 */
export function createSqlParser({ checksGrammar = false } = {}): SqlParser {
  const skipValidations = !checksGrammar
  const lexer = new Lexer(ALL_TOKENS, { positionTracking: 'onlyOffset', skipValidations })
  const parser = new StatementParser({ skipValidations })

  function parse<Node>(sql: string, rule: ParserMethod<[], Node>): Node {
    if (sql.length > STATEMENT_LIMITS.maxCharacters) {
      throw tooMuch(STATEMENT_LIMITS.maxCharacters, `characters, got ${sql.length}`, 0)
    }
    const { tokens, errors } = lexer.tokenize(sql)
    const [lexingError] = errors
    if (lexingError !== undefined) throw describeCharacter(sql, lexingError.offset)
    checkLimits(tokens)
    parser.input = tokens
    const node = rule.call(parser)
    const [error] = parser.errors
    if (error !== undefined) {
      const offset = error.token.tokenType === EOF ? sql.length : error.token.startOffset
      throw new Refusal('SYNTAX_ERROR', offset, error.message)
    }
    return node
  }

  return {
    statement: (sql) => parse(sql, parser.statement),
    expression: (sql) => parse(sql, parser.loneExpression),
  }
}

function describeCharacter(sql: string, offset: number): Refusal {
  const character = String.fromCodePoint(sql.codePointAt(offset) ?? 0)
  const reason =
    character === "'" || character === '"'
      ? `expected a closing ${character}, found the end`
      : `expected a sign of the language, found ${JSON.stringify(character)}`
  return new Refusal('SYNTAX_ERROR', offset, reason)
}

function checkLimits(tokens: readonly IToken[]): void {
  const surplus = tokens[STATEMENT_LIMITS.maxTokens]
  if (surplus !== undefined) {
    throw tooMuch(STATEMENT_LIMITS.maxTokens, `words and signs, got ${tokens.length}`, surplus.startOffset)
  }
  let nesting = 0
  for (const { image, startOffset } of tokens) {
    const word = image.length <= 4 ? image.toUpperCase() : image
    if (OPENING.has(word)) nesting++
    if (CLOSING.has(word)) nesting = Math.max(0, nesting - 1)
    if (nesting > STATEMENT_LIMITS.maxNesting) {
      throw tooMuch(STATEMENT_LIMITS.maxNesting, 'levels of nesting, got more', startOffset)
    }
  }
}

function tooMuch(limit: number, what: string, offset: number): Refusal {
  return new Refusal('LIMIT_EXCEEDED', offset, `expected at most ${limit} ${what}`)
}
