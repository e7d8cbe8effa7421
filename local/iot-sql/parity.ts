import { FUNCTIONS } from './functions/registry.ts'
import type { SqlVersion } from './sql-version.ts'

export interface SqlParityRow {
  readonly kind: 'clause' | 'function'
  readonly name: string
  /** `injected`: the answer comes from a provider that the caller gives. */
  readonly state: 'complete' | 'injected' | 'differs' | 'missing'
  /** The first version of the language that has it. */
  readonly since: SqlVersion
  readonly note?: string
  /** The page of the developer guide. */
  readonly source: string
}

const GUIDE = 'https://docs.aws.amazon.com/iot/latest/developerguide'
const FIRST = '2015-10-08'
const SECOND = '2016-03-23'

const CLAUSES: readonly SqlParityRow[] = [
  clause('SET', 'iot-sql-set', FIRST, 'the page gives 23.89 for 215 / 9, which is 23 here: Int by Int is Int'),
  clause('SELECT', 'iot-sql-select', FIRST),
  clause('SELECT VALUE', 'iot-sql-select', FIRST),
  clause('dotted alias', 'iot-sql-json', FIRST),
  clause('FROM', 'iot-sql-from', FIRST, 'the broker matches the filter'),
  clause('WHERE', 'iot-sql-where', FIRST),
  clause('operators', 'iot-sql-operators', FIRST),
  clause('IN', 'iot-sql-operators', FIRST, 'usable outside WHERE too'),
  clause('EXISTS', 'iot-sql-operators', SECOND),
  clause('CASE', 'iot-sql-case', FIRST),
  clause('object and array literals', 'iot-sql-literals', SECOND),
  clause('nested SELECT', 'iot-sql-nested-queries', SECOND),
  clause('substitution templates', 'iot-substitution-templates', FIRST),
  clause('binary payloads', 'binary-payloads', FIRST),
  clause('arrays as the whole output', 'iot-rule-sql-version', SECOND, 'Undefined in version 2015-10-08'),
  {
    ...clause('version beta', 'iot-rule-sql-version', FIRST, 'taken as 2016-03-23: what else it has is not documented'),
    state: 'differs',
  },
]

/** What differs from, or goes beyond, a plain "complete". */
const NOTES: Readonly<Record<string, string>> = {
  regexp_matches: 'dialect of RE2: no look-around, no back references',
  regexp_replace: 'dialect of RE2: no look-around, no back references',
  regexp_substr: 'dialect of RE2: no look-around, no back references',
}

/** Every clause and function with its state, for a table of what is like AWS and what is not. */
export const SQL_PARITY: readonly SqlParityRow[] = [
  ...CLAUSES,
  ...functionRows(),
  functionRow('cast', FIRST),
  functionRow('get_or_default', SECOND),
].sort((one, other) => one.kind.localeCompare(other.kind) || one.name.localeCompare(other.name))

function functionRows(): SqlParityRow[] {
  return [...FUNCTIONS.values()].map(({ name, since, asks }) => ({
    ...functionRow(name, since ?? FIRST),
    ...(asks !== undefined && name !== 'decode' && { state: 'injected' as const }),
    ...(name === 'decode' && { note: 'protobuf: by a provider' }),
  }))
}

function functionRow(name: string, since: SqlVersion): SqlParityRow {
  const note = NOTES[name]
  const state = note === undefined ? 'complete' : 'differs'
  return { kind: 'function', name, state, since, ...(note && { note }), source: `${GUIDE}/iot-sql-functions.html` }
}

function clause(name: string, page: string, since: SqlVersion, note?: string): SqlParityRow {
  return { kind: 'clause', name, state: 'complete', since, ...(note && { note }), source: `${GUIDE}/${page}.html` }
}
