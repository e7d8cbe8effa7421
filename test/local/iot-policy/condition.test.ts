import { describe, expect, test } from 'vitest'
import { holds } from './policies.ts'

/** operator, value in the document, value of the request, whether it holds */
const CASES: [string, unknown, string, boolean][] = [
  ['StringEquals', 'a', 'a', true],
  ['StringEquals', 'a', 'A', false],
  ['StringEquals', 'a*', 'ab', false],
  ['StringEquals', ['a', 'b'], 'b', true],
  ['StringEquals', 'x${iot:ClientId}', 'xlamp', true],
  ['StringEquals', '${*}', '*', true],
  ['StringNotEquals', 'a', 'b', true],
  ['StringNotEquals', ['a', 'b'], 'b', false],
  ['StringEqualsIgnoreCase', 'Straße${iot:ClientId}', 'STRAßELAMP', true],
  ['StringNotEqualsIgnoreCase', 'a', 'A', false],
  ['StringLike', 'a*c?', 'abbcd', true],
  ['StringLike', 'a${*}', 'ab', false],
  ['StringLike', '${iot:ClientId}/*', 'lamp/x', true],
  ['StringNotLike', 'a*', 'ab', false],
  ['NumericEquals', '10', '1e1', true],
  ['NumericEquals', 10, '10.0', true],
  ['NumericEquals', '10', 'ten', false],
  ['NumericNotEquals', '10', '11', true],
  ['NumericNotEquals', '10', '10.0', false],
  ['NumericLessThan', '10', '9.5', true],
  ['NumericLessThan', '10', '10', false],
  ['NumericLessThanEquals', '10', '10', true],
  ['NumericGreaterThan', '-1', '0', true],
  ['NumericGreaterThanEquals', '10', '9', false],
  ['DateEquals', '2026-04-01T12:00:00Z', '2026-04-01T14:00:00+02:00', true],
  ['DateEquals', 1775044800, '2026-04-01T12:00:00Z', true],
  ['DateNotEquals', '2026-04-01', '2026-04-02', true],
  ['DateLessThan', '2026-04-01', '2026-03-31T23:59:59.9Z', true],
  ['DateLessThanEquals', '2026', '2026-01-01', true],
  ['DateGreaterThan', '2026-04', '2026-04-01', false],
  ['DateGreaterThanEquals', '2026-04-01', 'soon', false],
  ['Bool', true, 'true', true],
  ['Bool', 'false', 'False', true],
  ['Bool', 'true', 'yes', false],
  ['BinaryEquals', 'QmluYXJ5', 'QmluYXJ5', true],
  ['BinaryEquals', 'QmluYXJ5', 'Qmlu', false],
  ['IpAddress', '203.0.113.0/24', '203.0.113.77', true],
  ['IpAddress', '203.0.113.0/24', '203.0.114.1', false],
  ['IpAddress', '203.0.113.7', '203.0.113.7', true],
  ['IpAddress', '2001:db8::/32', '2001:db8:1::5', true],
  ['IpAddress', '2001:db8::/32', '203.0.113.7', false],
  ['IpAddress', '203.0.113.0/24', 'nowhere', false],
  ['NotIpAddress', ['10.0.0.0/8', '192.168.0.0/16'], '192.168.3.4', false],
  ['NotIpAddress', '10.0.0.0/8', '203.0.113.7', true],
  ['ArnLike', 'arn:aws:iot:*:123456789012:rule/*', 'arn:aws:iot:eu-west-1:123456789012:rule/a/b', true],
  ['ArnLike', 'arn:*:iot:::rule/a', 'arn:aws:x:iot:::rule/a', false],
  ['ArnEquals', 'arn:aws:sns:*:*:t:*', 'arn:aws:sns:eu-west-1:123456789012:t:id', true],
  ['ArnEquals', '*', 'arn:aws:sns:eu-west-1:123456789012:t', true],
  ['ArnEquals', '*', 'no arn', false],
  ['ArnEquals', 'arn:aws:iot:::thing/${iot:ClientId}', 'arn:aws:iot:::thing/lamp', true],
  ['ArnNotLike', 'arn:aws:iot:*:*:thing/*', 'arn:aws:iot:::thing/lamp', false],
  ['ArnNotEquals', 'arn:aws:iot:::thing/a', 'arn:aws:iot:::thing/b', true],
]

const POSITIVE = 'StringEquals StringEqualsIgnoreCase StringLike ArnEquals ArnLike'.split(' ')
const NEGATED = 'StringNotEquals StringNotEqualsIgnoreCase StringNotLike ArnNotEquals ArnNotLike'.split(' ')

describe('a condition', () => {
  test.each(CASES)('%s %j of %j: %s', (operator, value, requestValue, expected) => {
    const context = { 'iot:ClientId': 'lamp', 'test:Key': requestValue }

    expect(holds({ [operator]: { 'test:Key': value } }, context)).toBe(expected)
    expect(holds({ [`${operator}IfExists`]: { 'TEST:key': value } }, context)).toBe(expected)
  })

  test.each(POSITIVE)('with %s does not hold for an absent key, but does with IfExists', (operator) => {
    const keys = { 'test:Key': 'arn:aws:iot:::x' }

    expect(holds({ [operator]: keys })).toBe(false)
    expect(holds({ [operator]: keys }, { 'test:Key': [] })).toBe(false)
    expect(holds({ [`${operator}IfExists`]: keys })).toBe(true)
  })

  test.each(NEGATED)('with %s holds for an absent key', (operator) => {
    expect(holds({ [operator]: { 'test:Key': 'arn:aws:iot:::x' } })).toBe(true)
  })

  test('holds when all of its operators and keys do', () => {
    const condition = { StringEquals: { 'test:a': '1', 'test:b': '2' }, Bool: { 'test:c': 'true' } }

    expect(holds(condition, { 'test:a': '1', 'test:b': '2', 'test:c': 'true' })).toBe(true)
    expect(holds(condition, { 'test:a': '1', 'test:b': '3', 'test:c': 'true' })).toBe(false)
    expect(holds(condition, { 'test:a': '1', 'test:b': '2', 'test:c': 'false' })).toBe(false)
    expect(holds({}, {})).toBe(true)
  })

  test('Null asks whether the key is there', () => {
    expect(holds({ Null: { 'test:Key': 'true' } }, {})).toBe(true)
    expect(holds({ Null: { 'test:Key': true } }, { 'test:Key': 'x' })).toBe(false)
    expect(holds({ Null: { 'test:Key': 'false' } }, { 'Test:key': 'x' })).toBe(true)
    expect(holds({ Null: { 'test:Key': 'false' } }, { 'test:Key': [] })).toBe(false)
  })
})

test('a condition without values holds for a request without values, where it asks for all', () => {
  expect(holds({ 'ForAllValues:StringEquals': { 'test:Key': [] } }, {})).toBe(true)
  expect(holds({ 'ForAllValues:StringEquals': { 'test:Key': [] } }, { 'test:Key': ['a'] })).toBe(false)
  expect(holds({ 'ForAnyValue:StringEquals': { 'test:Key': [] } }, { 'test:Key': ['a'] })).toBe(false)
  expect(holds({ StringEquals: { 'test:Key': [] } }, { 'test:Key': 'a' })).toBe(false)
})

describe('a condition on several values of a request', () => {
  const KEY = 'iot:ConnectAttributes'

  test.each([
    ['ForAllValues:StringEquals', ['LastWill'], true],
    ['ForAllValues:StringEquals', ['LastWill', 'PersistentConnect'], false],
    ['ForAllValues:StringEquals', [], true],
    ['ForAllValues:StringNotEquals', ['PersistentConnect', 'x'], true],
    ['ForAllValues:StringNotEquals', ['PersistentConnect', 'LastWill'], false],
    ['ForAnyValue:StringEquals', ['PersistentConnect', 'LastWill'], true],
    ['ForAnyValue:StringEquals', ['PersistentConnect'], false],
    ['ForAnyValue:StringEquals', [], false],
    ['ForAnyValue:StringNotEquals', ['PersistentConnect', 'LastWill'], true],
    ['ForAnyValue:StringNotEquals', ['LastWill'], false],
    ['ForAnyValue:StringNotEquals', [], false],
    ['ForAllValues:StringEqualsIfExists', [], true],
    ['ForAnyValue:StringEqualsIfExists', [], false],
    ['StringEquals', ['PersistentConnect', 'LastWill'], true],
    ['StringNotEquals', ['PersistentConnect', 'LastWill'], false],
    ['StringNotEquals', ['PersistentConnect'], true],
  ])('%s "LastWill" of %j: %s', (operator, values, expected) => {
    expect(holds({ [operator]: { [KEY]: 'LastWill' } }, { [KEY]: values })).toBe(expected)
  })

  test('with ForAllValues holds when the request has no such key, which is how "no attributes" passes', () => {
    expect(holds({ 'ForAllValues:StringEquals': { [KEY]: ['LastWill'] } })).toBe(true)
  })
})
