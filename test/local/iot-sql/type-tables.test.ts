import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type JsonValue, SQL_PARITY } from '#local/iot-sql/index.ts'
import { FUNCTIONS } from '../../../local/iot-sql/functions/registry.ts'
import { resultOf } from './rules.ts'

// The tables of the documentation once more, written from its pages and not from the engine, over values at random.

const numericText = fc.oneof(
  fc.integer({ min: -999, max: 999 }).map(String),
  fc
    .tuple(fc.integer({ min: -99, max: 99 }), fc.integer({ min: 0, max: 99 }))
    .map(([whole, part]) => `${whole}.${part}`),
  fc.constantFrom('5E-12', '-1e3', '0'),
)
const otherText = fc.constantFrom('', 'x', 'true', 'FALSE', ' 1', '+1', '1.', '.5', '0x10', '1e+5', 'NaN', 'Infinity')
const number = fc.oneof(
  fc.integer({ min: -1000, max: 1000 }),
  fc.integer({ min: -10_000, max: 10_000 }).map((n) => n / 100),
)
const value: fc.Arbitrary<JsonValue | undefined> = fc.oneof(
  number,
  numericText,
  otherText,
  fc.boolean(),
  fc.constant(null),
  fc.constant(undefined),
  fc.array(fc.integer({ max: 3, min: 0 }), { maxLength: 2 }),
  fc.dictionary(fc.constantFrom('a', 'b'), fc.integer({ max: 3, min: 0 }), { maxKeys: 2 }),
) as fc.Arbitrary<JsonValue | undefined>

type Value = JsonValue | undefined

const NUMERIC = /^-?\d+(\.\d+)?(E-?\d+)?$/i
function decimalOf(given: Value): number | undefined {
  if (typeof given === 'number') return given
  return typeof given === 'string' && NUMERIC.test(given) ? Number(given) : undefined
}
function booleanOf(given: Value): boolean | undefined {
  if (typeof given === 'boolean') return given
  const text = typeof given === 'string' ? given.toLowerCase() : ''
  return text === 'true' || (text === 'false' ? false : undefined)
}
function textOf(given: Value): string | undefined {
  if (given === undefined || given === null) return undefined
  return typeof given === 'string' ? given : JSON.stringify(given)
}
function canonical(given: Value): string {
  const sorted = (_: string, member: unknown) =>
    member !== null && typeof member === 'object' && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort())
      : member
  return JSON.stringify(given, sorted)
}
const close = (result: Value, expected: number) =>
  expect(Math.abs(Number(result) - expected)).toBeLessThanOrEqual(Math.abs(expected) * 1e-12 + 1e-15)

function payloadOf(left: Value, right?: Value): object {
  return { ...(left !== undefined && { l: left }), ...(right !== undefined && { r: right }) }
}

function forPairs(check: (left: Value, right: Value) => void): void {
  fc.assert(fc.property(value, value, check), { numRuns: 400 })
}

describe('the table of', () => {
  test.each([
    ['AND', (left: boolean, right: boolean) => left && right],
    ['OR', (left: boolean, right: boolean) => left || right],
  ])('%s', (operator, decide) => {
    forPairs((left, right) => {
      const [one, other] = [booleanOf(left), booleanOf(right)]
      const expected = one === undefined || other === undefined ? undefined : decide(one, other)
      expect(resultOf(`l ${operator} r`, payloadOf(left, right))).toBe(expected)
    })
  })

  test.each([
    ['>', (left: number, right: number) => left > right],
    ['>=', (left: number, right: number) => left >= right],
    ['<', (left: number, right: number) => left < right],
    ['<=', (left: number, right: number) => left <= right],
  ])('%s', (operator, decide) => {
    forPairs((left, right) => {
      const [one, other] = [decimalOf(left), decimalOf(right)]
      const expected = one === undefined || other === undefined ? undefined : decide(one, other)
      expect(resultOf(`l ${operator} r`, payloadOf(left, right))).toBe(expected)
    })
  })

  test('= and <>', () => {
    forPairs((left, right) => {
      const expected = left === undefined || right === undefined ? undefined : canonical(left) === canonical(right)
      expect(resultOf('l = r', payloadOf(left, right))).toBe(expected)
      expect(resultOf('l <> r', payloadOf(left, right))).toBe(expected === undefined ? undefined : !expected)
    })
  })

  test('+', () => {
    forPairs((left, right) => {
      const result = resultOf('l + r', payloadOf(left, right))
      if (typeof left === 'string' || typeof right === 'string') {
        const [one, other] = [textOf(left), textOf(right)]
        expect(result).toBe(one === undefined || other === undefined ? undefined : one + other)
      } else if (typeof left === 'number' && typeof right === 'number') close(result, left + right)
      else expect(result).toBeUndefined()
    })
  })

  test.each([
    ['-', (left: number, right: number) => left - right],
    ['*', (left: number, right: number) => left * right],
    ['/', (left: number, right: number) => left / right],
  ])('%s', (operator, calculate) => {
    forPairs((left, right) => {
      const [one, other] = [decimalOf(left), decimalOf(right)]
      const result = resultOf(`l ${operator} r`, payloadOf(left, right))
      if (one === undefined || other === undefined || (operator === '/' && other === 0)) {
        expect(result).toBeUndefined()
        return
      }
      const areInts = typeof left === 'number' && typeof right === 'number' && [one, other].every(Number.isInteger)
      const exact = calculate(one, other)
      close(result, operator === '/' && areInts ? Math.trunc(exact) : exact)
    })
  })

  test('NOT, the casts and the conversion to text', () => {
    fc.assert(
      fc.property(value, (given) => {
        const payload = payloadOf(given)
        const truth = booleanOf(given)
        const decimal = typeof given === 'boolean' ? Number(given) : decimalOf(given)
        expect(resultOf('NOT l', payload)).toBe(truth === undefined ? undefined : !truth)
        expect(resultOf('cast(l AS String)', payload)).toBe(textOf(given))
        expect(resultOf('cast(l AS Decimal)', payload)).toBe(decimal)
        expect(resultOf('cast(l AS Int)', payload)).toBe(decimal === undefined ? undefined : Math.floor(decimal) + 0)
        expect(resultOf('cast(l AS Boolean)', payload)).toBe(typeof given === 'number' ? given !== 0 : truth)
      }),
      { numRuns: 500 },
    )
  })
})

test('no function throws for any value, and none of them is slow to say Undefined', () => {
  const names = [...FUNCTIONS.values()].filter(({ asks, name }) => asks === undefined || name === 'decode')
  const call = fc
    .tuple(fc.constantFrom(...names), fc.constantFrom('l', 'r', "'base64'", '1', "'enrichArray'"))
    .map(([{ name, minArguments }, last]) => {
      const args = Array.from({ length: Math.max(minArguments, 1) }, (_, index) =>
        index === 1 ? last : 'lr'[index % 2],
      )
      return `${name}(${minArguments === 0 && name !== 'concat' ? '' : args.join(', ')})`
    })
    .filter((text) => !/^(?:en|de)code\(l, (?!'base64')/.test(text))
  fc.assert(
    fc.property(call, value, value, (expression, left, right) => {
      expect(() => resultOf(expression, payloadOf(left, right))).not.toThrow()
    }),
    { numRuns: 2000 },
  )
})

test('the parity table has every function once, with its version', () => {
  const functions = SQL_PARITY.filter(({ kind }) => kind === 'function').map(({ name }) => name)

  expect(new Set(functions).size).toBe(functions.length)
  expect(functions).toHaveLength(FUNCTIONS.size + 2)
  expect(functions).toEqual(expect.arrayContaining(['cast', 'get_or_default', 'md2', 'transform', 'get_dynamodb']))
  expect(SQL_PARITY.filter(({ state }) => state === 'injected').map(({ name }) => name)).toEqual([
    'aws_lambda',
    'get_dynamodb',
    'get_registry_data',
    'get_secret',
    'get_thing_shadow',
    'machinelearning_predict',
  ])
  expect(SQL_PARITY.every(({ source }) => source.startsWith('https://docs.aws.amazon.com/iot/'))).toBe(true)
})
