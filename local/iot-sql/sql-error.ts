export type SqlErrorCode =
  /** The text is no statement of the language. */
  | 'SYNTAX_ERROR'
  /** The language has it, the version of the rule has not. */
  | 'NOT_IN_VERSION'
  | 'UNKNOWN_FUNCTION'
  | 'UNKNOWN_VARIABLE'
  | 'DUPLICATE_VARIABLE'
  | 'INVALID_ARGUMENT'
  | 'ALIAS_REQUIRED'
  | 'UNSUPPORTED_VERSION'
  | 'NUMBER_OUT_OF_RANGE'
  | 'LIMIT_EXCEEDED'

/** Why a statement was refused. `line` and `column` count from 1; the message names rule and position too. */
export class SqlError extends Error {
  override readonly name = 'SqlError'
  readonly code: SqlErrorCode
  readonly rule: string
  readonly line: number
  readonly column: number

  constructor(code: SqlErrorCode, rule: string, position: { line: number; column: number }, reason: string) {
    super(`rule ${JSON.stringify(rule)}, line ${position.line}, column ${position.column}: ${reason}`)
    this.code = code
    this.rule = rule
    this.line = position.line
    this.column = position.column
  }
}

/** Something that AWS accepts and that does not do what it looks like. `line` and `column` count from 1. */
export interface SqlWarning {
  readonly code: 'ARGUMENT_COUNT' | 'EXTERNAL_CALLS'
  readonly reason: string
  readonly line: number
  readonly column: number
}

/** A refusal inside the compiler, which knows offsets and no rule; `compileRule` turns it into a SqlError. */
export class Refusal extends Error {
  readonly code: SqlErrorCode
  readonly offset: number

  constructor(code: SqlErrorCode, offset: number, reason: string) {
    super(reason)
    this.code = code
    this.offset = offset
  }
}

/** Line and column of an offset; a line ends with LF, CR LF or CR. */
export function positionAt(text: string, offset: number): { line: number; column: number } {
  const lines = text.slice(0, offset).split(/\r\n|\n|\r/)
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 }
}
