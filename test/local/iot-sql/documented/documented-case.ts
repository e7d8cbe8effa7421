import type { JsonValue, RuleMessage } from '#local/iot-sql/index.ts'

/** Worked examples and rows of tables of one page of the AWS IoT Core Developer Guide, as data. */
export interface Page {
  /** File name of the page in the guide. */
  readonly source: string
  readonly expressions?: readonly DocumentedExpression[]
  readonly statements?: readonly DocumentedStatement[]
}

/** What an expression gives over `TYPES`; undefined is Undefined. */
export type DocumentedExpression = readonly [expression: string, value: JsonValue | undefined]

export interface DocumentedStatement {
  readonly sql: string
  readonly version?: string
  readonly topic?: string
  /** JSON, or text where it is a string that starts with `raw:`. */
  readonly payload?: JsonValue
  readonly message?: Partial<RuleMessage>
  /** Answers of external functions; `fails` fails. */
  readonly stubs?: Readonly<Record<string, JsonValue>>
  /** What the page has instead, where it contradicts another page; the parity table says so too. */
  readonly differs?: { readonly page: JsonValue; readonly why: string }
  /** The output of the actions, or why there is none. */
  readonly output?: JsonValue
  readonly outcome?: 'filtered' | 'no_match' | 'error' | 'refused'
  readonly templates?: Readonly<Record<string, string>>
}

/** One field of each type, for rows of tables. */
export const TYPES = {
  i: 7,
  d: 2.5,
  b: true,
  s: 'x',
  n: '2.5',
  a: [1, 2],
  o: { k: 1 },
  z: null,
}
