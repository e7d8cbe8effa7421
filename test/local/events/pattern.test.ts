import { describe, expect, test } from 'vitest'
import { compilePattern } from '#local/events/index.ts'

const EVENT = {
  source: 'my.app',
  'detail-type': 'Order',
  resources: ['arn:one', 'arn:two'],
  detail: {
    status: 'Failed',
    price: 12.5,
    count: 0,
    note: '',
    nothing: null,
    isUrgent: true,
    ip: '10.1.2.3',
    file: 'pictures/cat.PNG',
    tags: [],
    lines: [
      { sku: 'a', amount: 1 },
      { sku: 'b', amount: 5 },
    ],
    address: { city: 'Berlin' },
  },
}

const detail = (pattern: object) => compilePattern({ detail: pattern })(EVENT)

describe('an event pattern', () => {
  test.each<[string, object, boolean]>([
    ['a value', { status: ['Failed'] }, true],
    ['another value', { status: ['failed'] }, false],
    ['one of several', { status: ['OK', 'Failed'] }, true],
    ['all fields', { status: ['Failed'], price: [1] }, false],
    ['null', { nothing: [null] }, true],
    ['an empty text', { note: [''] }, true],
    ['true', { isUrgent: [true] }, true],
    ['a field that is not there', { other: ['x'] }, false],
    ['a field within', { address: { city: ['Berlin'] } }, true],
    ['an object where a value is', { status: { city: ['Berlin'] } }, false],
    ['an element of a list', { lines: { sku: ['b'] } }, true],
    ['two fields of one element', { lines: { sku: ['b'], amount: [5] } }, true],
    ['two fields of different elements', { lines: { sku: ['a'], amount: [5] } }, false],
    ['prefix', { status: [{ prefix: 'Fa' }] }, true],
    ['prefix without case', { status: [{ prefix: { 'equals-ignore-case': 'fA' } }] }, true],
    ['suffix', { file: [{ suffix: '.png' }] }, false],
    ['suffix without case', { file: [{ suffix: { 'equals-ignore-case': '.png' } }] }, true],
    ['equals-ignore-case', { status: [{ 'equals-ignore-case': 'FAILED' }] }, true],
    ['anything-but', { status: [{ 'anything-but': 'OK' }] }, true],
    ['anything-but a list', { status: [{ 'anything-but': ['OK', 'Failed'] }] }, false],
    ['anything-but a number', { count: [{ 'anything-but': 0 }] }, false],
    ['anything-but a prefix', { status: [{ 'anything-but': { prefix: 'F' } }] }, false],
    ['anything-but several suffixes', { file: [{ 'anything-but': { suffix: ['.gif', '.jpg'] } }] }, true],
    ['anything-but a wildcard', { file: [{ 'anything-but': { wildcard: '*/cat.*' } }] }, false],
    ['anything-but of what is not there', { other: [{ 'anything-but': 'x' }] }, false],
    ['numeric', { price: [{ numeric: ['>', 10, '<=', 12.5] }] }, true],
    ['numeric out of range', { price: [{ numeric: ['<', 10] }] }, false],
    ['numeric of a text', { status: [{ numeric: ['>', 0] }] }, false],
    ['exists', { price: [{ exists: true }] }, true],
    ['exists of an object', { address: [{ exists: true }] }, false],
    ['exists of what is not there', { other: [{ exists: false }] }, true],
    ['exists below what is not there', { other: { deep: [{ exists: false }] } }, true],
    ['exists of an empty list', { tags: [{ exists: true }] }, false],
    ['cidr', { ip: [{ cidr: '10.0.0.0/8' }] }, true],
    ['cidr of another net', { ip: [{ cidr: '10.2.0.0/16' }] }, false],
    ['cidr of another family', { ip: [{ cidr: '2001:db8::/32' }] }, false],
    ['wildcard', { file: [{ wildcard: 'pic*/c*t.PNG' }] }, true],
    ['wildcard that asks for more', { file: [{ wildcard: '*cat*cat*' }] }, false],
    ['$or', { $or: [{ status: ['OK'] }, { price: [{ numeric: ['>', 1] }] }] }, true],
    ['$or beside a field', { count: [1], $or: [{ status: ['Failed'] }, { price: [12.5] }] }, false],
  ])('with %s', (_, pattern, expected) => {
    expect(detail(pattern)).toBe(expected)
  })

  test('fits one element of a list of values', () => {
    expect(compilePattern({ resources: ['arn:two'] })(EVENT)).toBe(true)
    expect(compilePattern({ resources: [{ prefix: 'x' }] })(EVENT)).toBe(false)
  })

  test('takes a wildcard that is escaped for itself', () => {
    const matches = compilePattern({ detail: { star: [{ wildcard: 'a\\*b*' }] } })

    expect(matches({ detail: { star: 'a*bc' } })).toBe(true)
    expect(matches({ detail: { star: 'axbc' } })).toBe(false)
  })

  test.each<[string, unknown, string]>([
    ['no object', '[]', 'must be an object'],
    ['no JSON', '{', 'Filter is not an object'],
    ['a value that is no list', { source: 'x' }, 'must be an object or an array'],
    ['an empty list', { source: [] }, 'Empty arrays are not allowed'],
    ['an empty object', {}, 'Empty objects are not allowed'],
    ['an unknown operator', { source: [{ like: 'x' }] }, 'Unrecognized match type like'],
    ['a range that is none', { n: [{ numeric: ['~', 1] }] }, 'Unrecognized numeric range operator'],
    ['a number too large', { n: [{ numeric: ['<', 6e9] }] }, 'must be numeric and between'],
    ['two wildcards in a row', { n: [{ wildcard: 'a**' }] }, 'Consecutive wildcard'],
    ['a net that is none', { n: [{ cidr: '10.0.0.0/99' }] }, 'Malformed CIDR'],
    ['one alternative', { $or: [{ a: [1] }] }, 'at least 2 Objects'],
  ])('with %s is refused', (_, pattern, reason) => {
    expect(() => compilePattern(pattern)).toThrow(reason)
  })
})
