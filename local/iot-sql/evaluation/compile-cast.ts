import { Refusal } from '../sql-error.ts'
import { SECOND_VERSION } from '../sql-version.ts'
import type { Expression } from '../syntax/ast.ts'
import { toBoolean, toText } from '../values/convert.ts'
import { makeDouble, toDecimal, toDouble } from '../values/numbers.ts'
import { isNumber, type SqlValue } from '../values/values.ts'
import { wholeOf } from './arithmetic.ts'
import type { Compiler } from './compiler.ts'
import type { Evaluate } from './environment.ts'

type Target = 'String' | 'Int' | 'Double' | 'Decimal' | 'Boolean'

/** The words after AS. https://docs.aws.amazon.com/iot/latest/developerguide/iot-sql-functions.html#iot-sql-function-cast */
const TARGETS: ReadonlyMap<string, Target> = new Map([
  ...['string', 'nvarchar', 'text', 'ntext', 'varchar'].map((word) => [word, 'String'] as const),
  ['int', 'Int'],
  ['integer', 'Int'],
  ['double', 'Double'],
  ['decimal', 'Decimal'],
  ['bool', 'Boolean'],
  ['boolean', 'Boolean'],
])

/** `cast(value AS type)`: the usual conversions, and numbers to and from booleans. Null gives Undefined. */
export function compileCast(cast: Extract<Expression, { kind: 'cast' }>, compiler: Compiler): Evaluate {
  const target = TARGETS.get(cast.type.toLowerCase())
  if (target === undefined) {
    const reason = `cast: expected one of ${[...TARGETS.keys()].join(', ')}, found ${cast.type}`
    throw new Refusal('INVALID_ARGUMENT', cast.offset, reason)
  }
  if (target === 'Decimal' || target === 'Boolean') compiler.need(SECOND_VERSION, `cast to ${target}`, cast.offset)
  const evaluate = compiler.compile(cast.value)
  const convert = CONVERSIONS[target]
  const rounding = compiler.settings.choices.roundedDown === 'floor' ? 'floor' : 'trunc'
  return (environment) => convert(evaluate(environment), rounding)
}

const CONVERSIONS: Readonly<Record<Target, (value: SqlValue, rounding: 'floor' | 'trunc') => SqlValue>> = {
  String: toText,
  Int: (value, rounding) => wholeOf(numberOfBoolean(value), rounding),
  Double(value) {
    const number = toDouble(numberOfBoolean(value))
    return number === undefined ? undefined : makeDouble(number)
  },
  Decimal: (value) => toDecimal(numberOfBoolean(value)),
  Boolean: (value) => (isNumber(value) ? !toDecimal(value)?.isZero() : toBoolean(value)),
}

function numberOfBoolean(value: SqlValue): SqlValue {
  return typeof value === 'boolean' ? Number(value) : value
}
