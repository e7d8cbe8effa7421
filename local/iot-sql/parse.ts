import { EOF, type IToken, Lexer } from 'chevrotain'
import type { Statement } from './ast.ts'
import { StatementParser } from './grammar.ts'
import { Refusal } from './sql-error.ts'
import { ALL_TOKENS } from './tokens.ts'

/**
 * Our limits, not the service's, which names none but 128 KB for a whole rule: they keep recursion over a statement far from
 * the end of the stack. https://docs.aws.amazon.com/general/latest/gr/iot-core.html
 */
export const STATEMENT_LIMITS = { maxCharacters: 128 * 1024, maxTokens: 4000, maxNesting: 50 } as const

/** Parses a statement; throws Refusal for anything that is none. */
export type ParseStatement = (sql: string) => Statement

/**
 * Builds a parser, which takes some 12 ms, and twice that when the grammar is checked for ambiguities too: a test does so.
 */
export function createStatementParser({ checksGrammar = false } = {}): ParseStatement {
  const skipValidations = !checksGrammar
  const lexer = new Lexer(ALL_TOKENS, { positionTracking: 'onlyOffset', skipValidations })
  const parser = new StatementParser({ skipValidations })

  return (sql) => {
    if (sql.length > STATEMENT_LIMITS.maxCharacters) {
      throw tooMuch(STATEMENT_LIMITS.maxCharacters, `characters, got ${sql.length}`, 0)
    }
    const { tokens, errors } = lexer.tokenize(sql)
    const [lexingError] = errors
    if (lexingError !== undefined) throw describeCharacter(sql, lexingError.offset)
    checkLimits(tokens)
    parser.input = tokens
    const statement = parser.statement()
    const [error] = parser.errors
    if (error !== undefined) {
      const offset = error.token.tokenType === EOF ? sql.length : error.token.startOffset
      throw new Refusal('SYNTAX_ERROR', offset, error.message)
    }
    return statement
  }
}

function describeCharacter(sql: string, offset: number): Refusal {
  const character = String.fromCodePoint(sql.codePointAt(offset) ?? 0)
  const reason =
    character === "'" || character === '"'
      ? `expected a closing ${character}, found the end of the statement`
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
    if (image === '(') nesting++
    if (image === ')') nesting--
    if (nesting > STATEMENT_LIMITS.maxNesting) {
      throw tooMuch(STATEMENT_LIMITS.maxNesting, 'nested parentheses, got more', startOffset)
    }
  }
}

function tooMuch(limit: number, what: string, offset: number): Refusal {
  return new Refusal('LIMIT_EXCEEDED', offset, `expected at most ${limit} ${what}`)
}
