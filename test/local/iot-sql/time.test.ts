import { describe, expect, test } from 'vitest'
import { resultOf } from './rules.ts'

const MS = Date.UTC(2024, 1, 3, 16, 5, 9, 87)

function format(pattern: string, ms: number = MS, zone?: string) {
  return resultOf(zone === undefined ? 'parse_time(p, ms)' : 'parse_time(p, ms, zone)', {
    p: pattern,
    ms,
    ...(zone !== undefined && { zone }),
  })
}

describe('parse_time', () => {
  test.each([
    ['yyyy-MM-dd HH:mm:ss.SSS', '2024-02-03 16:05:09.087'],
    ["yyyy-MM-dd'T'HH:mm:ssZZ", '2024-02-03T16:05:09+00:00'],
    ["yyyyMMdd'T'HHmmssZ", '20240203T160509+0000'],
    ['yy M d H m s S', '24 2 3 16 5 9 0'],
    ['MMM MMMM', 'Feb February'],
    ['E EEE EEEE e', 'Sat Sat Saturday 6'],
    ['D DDD w ww xxxx', '34 034 5 05 2024'],
    ['h hh K k a', '4 04 4 16 PM'],
    ['G C YYYY', 'AD 20 2024'],
    ['z zzzz', 'UTC Coordinated Universal Time'],
    ["''yyyy'' 'o''clock'", "'2024' o'clock"],
    ['SSSSSS', '087000'],
  ])('writes %s as %s', (pattern, expected) => {
    expect(format(pattern)).toBe(expected)
  })

  test.each([
    ['America/New_York', 'EST -0500', '11'],
    ['Europe/Paris', 'CET +0100', '17'],
    ['Asia/Kolkata', 'IST +0530', '21'],
    ['Australia/Sydney', 'AEDT +1100', '03'],
    ['America/Sao_Paulo', '-03:00 -0300', '13'],
    ['+02:00', '+02:00 +0200', '18'],
    ['UTC', 'UTC +0000', '16'],
  ])('knows the zone %s', (zone, expected, hour) => {
    // some abbreviations depend on the names that Node was built with
    expect([expected, expected.replace(/^\S+/, `${expected.slice(-5, -2)}:${expected.slice(-2)}`)]).toContain(
      format('z Z', MS, zone),
    )
    expect(format('HH', MS, zone)).toBe(hour)
    expect(format('ZZZ', MS, zone)).toBe(zone)
  })

  test.each([
    ['q', MS, undefined],
    ["yyyy 'open", MS, undefined],
    ['yyyy', Number.MAX_SAFE_INTEGER, undefined],
    ['yyyy', MS, 'Nowhere/City'],
    ['yyyy', MS, ''],
  ] as const)('of pattern %s, %d and zone %s is Undefined', (pattern, ms, zone) => {
    expect(format(pattern, ms, zone)).toBeUndefined()
  })

  test('takes a time that is a text or a Decimal, and no other', () => {
    expect(resultOf("parse_time('s', '5000')")).toBe('5')
    expect(resultOf("parse_time('S', 99.6)")).toBe('1')
    expect(resultOf("parse_time('s', true)")).toBeUndefined()
    expect(resultOf("parse_time('s', null)")).toBeUndefined()
    expect(resultOf('parse_time(null, 1)')).toBeUndefined()
    expect(resultOf("parse_time('s', 1, 2)")).toBeUndefined()
  })
})

describe('time_to_epoch', () => {
  test.each([
    ['2024-02-03T16:05:09Z', "yyyy-MM-dd'T'HH:mm:ssX", Date.UTC(2024, 1, 3, 16, 5, 9)],
    ['2024-02-03T16:05:09+05:30', "yyyy-MM-dd'T'HH:mm:ssXXX", Date.UTC(2024, 1, 3, 10, 35, 9)],
    ['Sat, 3 Feb 2024 16:05:09 GMT', 'EEE, d MMM yyyy HH:mm:ss z', Date.UTC(2024, 1, 3, 16, 5, 9)],
    ['2/3/24 4:05 PM', 'M/d/yy h:mm a', Date.UTC(2024, 1, 3, 16, 5)],
    ['20240203', 'uuuuMMdd', Date.UTC(2024, 1, 3)],
    ['2024-02-03 16:05 Europe/Paris', 'yyyy-MM-dd HH:mm VV', Date.UTC(2024, 1, 3, 15, 5)],
    ['2024-02-03', 'yyyy/MM/dd', undefined],
    ['2024-02-31', 'yyyy-MM-dd X', undefined],
    ['16:05', 'HH:mm', undefined],
    ['2024', 'yyyy', undefined],
    ['x', '}{', undefined],
  ])('reads %s by %s', (text, pattern, expected) => {
    expect(resultOf('time_to_epoch(t, p)', { t: text, p: pattern })).toBe(expected)
  })

  test('takes texts only', () => {
    expect(resultOf("time_to_epoch(2024, 'yyyy')")).toBeUndefined()
    expect(resultOf("time_to_epoch('2024', null)")).toBeUndefined()
  })
})
