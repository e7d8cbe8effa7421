import { describe, expect, test } from 'vitest'
import { compile, messageOf, resultOf, run } from './rules.ts'

/** Payloads have at most 128 KB. */
const TEXT = 'a'.repeat(100_000)
const MANY = Array.from({ length: 10_000 }, (_, index) => index % 10)
const WIDE = Object.fromEntries(MANY.map((value, index) => [`m${index}`, value]))
const EMPTY = Array.from({ length: 150 }, () => ({}))

/** Objects that stand twice in the next: 2 to the power of `levels` of them in the text. */
function doubled(levels: number): string {
  let query = 'o'
  for (let level = 0; level < levels; level++) query = `(SELECT VALUE {'x': q, 'y': q} FROM ${query} AS q)`
  return query
}

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)

describe('what would take too long', () => {
  test.each([
    ['a text put in for every character', "replace(t, 'a', t)"],
    ['a text put in for nothing', "replace(t, '', t)"],
    ['a text put in for every match', 'regexp_replace(t, "a", t)'],
    ['the whole match for every group', `regexp_replace(t, "(a+)", "${'$1'.repeat(50)}")`],
    ['a text added to itself', `concat(${Array.from({ length: 12 }, () => 't').join(', ')})`],
    ['a sum of texts', Array.from({ length: 12 }, () => 't').join(' + ')],
    ['a search for every element of a list', '(SELECT VALUE m FROM many AS m WHERE -1 IN many)'],
    ['a comparison for every element', '(SELECT VALUE m FROM many AS m WHERE many = copy)'],
    ['a text made for every element', '(SELECT VALUE m FROM many AS m WHERE startswith(many, t))'],
    ['an array copied for every element', '(SELECT VALUE concat(many, many) FROM many)'],
    [
      'members copied for every element',
      '(SELECT *, 1 AS z FROM many AS m WHERE isNull((SELECT *, 1 AS z FROM wide)))',
    ],
    ['a pattern tried for every element', '(SELECT VALUE m FROM many AS m WHERE regexp_matches(t, "(a|b)*c$"))'],
    ['a slow digest for every element', '(SELECT VALUE md2(t) FROM many)'],
    ['a pattern that reads to the end at every match', 'regexp_replace(t, "(a*b)|a", "")'],
    ['queries over queries', 'length((SELECT (SELECT (SELECT 1 AS o FROM l) AS n FROM l) AS m FROM l))'],
  ])('%s ends with a code', (_, expression) => {
    const payload = { t: TEXT, l: EMPTY, many: MANY, copy: MANY, wide: WIDE }

    expect(run(`SELECT ${expression} AS v FROM 't'`, payload)).toMatchObject({
      outcome: 'error',
      code: 'LIMIT_EXCEEDED',
    })
  })

  test.each(['(a+)+$', '(a|a)*b', '(a*)*b', '(.*)(.*)(.*)(.*)(.*)b', '([a-z]+)*=', 'a{0,500}a{0,500}b'])(
    'no pattern is: %s matches in time that grows with the text',
    (pattern) => {
      const text = TEXT.slice(0, 5000)

      expect(resultOf('regexp_matches(t, p)', { t: `${text}!`, p: pattern })).toBe(false)
      expect(typeof resultOf('regexp_replace(t, p, "")', { t: text, p: pattern })).toBe('string')
    },
  )

  test.each(['a'.repeat(10_001), '(a{1000}){1000}', '(((a{100}){100}){100}){100}', '(?=a)', '(a)\\1', 'a++', '('])(
    'patterns of no end are Undefined: %.20s',
    (pattern) => {
      expect(resultOf('regexp_matches(t, p)', { t: 'aa', p: pattern })).toBeUndefined()
    },
  )

  test.each([
    ['the output', `SELECT ${doubled(23)} AS v FROM 't'`],
    ['the output, by a little', `SELECT ${doubled(17)} AS v FROM 't'`],
    ['a text on the way', `SELECT length(${doubled(23)}) AS v FROM 't'`],
    ['a variable', `SET @v = ${doubled(23)} SELECT @v.x.x.x.x AS v FROM 't'`],
    ['a comparison', `SELECT ${doubled(23)} = ${doubled(23)} AS v FROM 't'`],
    [
      'the output, of signs that take two bytes',
      `SELECT ${Array.from({ length: 9 }, (_, n) => `e AS e${n}`).join(', ')} FROM 't'`,
    ],
  ])('%s of too many bytes ends with a code', (_, sql) => {
    expect(run(sql, { o: { a: 1 }, e: 'é'.repeat(60_000) })).toMatchObject({ outcome: 'error' })
  })

  test('what is long and no longer than allowed is written', () => {
    const result = compile(`SELECT ${doubled(14)} AS v, *, encode(*, 'base64') AS p FROM 't'`).evaluate(
      messageOf({ o: { a: 1 }, t: TEXT }),
    )

    expect(result.outcome === 'fire' && Buffer.byteLength(result.text)).toBeGreaterThan(128 * 1024)
  })

  test.each([400, 500, 501, 4500, 8000, 60_000])('a payload of %d levels is a text or a code', (levels) => {
    for (const sql of ["SELECT * FROM 't'", "SELECT VALUE a FROM 't'", "SELECT lower(a) AS v, a = a AS w FROM 't'"]) {
      const result = compile(sql).evaluate(messageOf(`{"a":${nested(levels - 1)},"n":1.50,"t":"]\\"[{"}`))

      if (levels > 500) expect(result).toMatchObject({ outcome: 'error', code: 'LIMIT_EXCEEDED' })
      else expect(result.outcome === 'fire' && result.text).toContain('[[[[')
    }
  })

  test('brackets within texts are no levels, and what is deep but no JSON is passed on', () => {
    expect(resultOf('a', { a: '['.repeat(2000) })).toBe('['.repeat(2000))
    expect(run("SELECT * FROM 't'", '['.repeat(2000))).toMatchObject({ outcome: 'fire' })
    expect(resultOf("decode(b, 'base64')", { b: Buffer.from('['.repeat(2000)).toString('base64') })).toBe(
      '['.repeat(2000),
    )
  })

  test('numbers of many digits stay within the range', () => {
    expect(resultOf('power(10, 400)')).toBeUndefined()
    expect(resultOf('9e999 * 9e999')).toBeUndefined()
    expect(resultOf("'1e999' * '1e999'")).toBeUndefined()
    expect(resultOf("abs('9e99999999')")).toBeUndefined()
    expect(resultOf("trunc('1e-500', 34)")).toBe(0)
    expect(resultOf('substring("abc", 9e500)')).toBe('')
    expect(resultOf('get("abc", -9e500)')).toBeUndefined()
    expect(resultOf('length(lpad("", 9e500))')).toBe(1000)
    expect(resultOf('chr(9e500)')).toBeUndefined()
    expect(resultOf('bitand(9e500, 1)')).toBeUndefined()
    expect(resultOf('parse_time("yyyy", 9e500)')).toBeUndefined()
    expect(resultOf('topic(9e500)')).toBeUndefined()
  })
})

test('patterns are those of Java where RE2 has the same', () => {
  for (const pattern of [
    '\\p{Alpha}+',
    '[\\p{Digit}x]+',
    '[^\\p{Upper}]',
    '\\\\p?',
    '[]a]',
    '(?i)A',
    '\\d{1,3}',
    '\\bx\\b',
    '^(?:a|x)$',
  ]) {
    expect(resultOf('regexp_matches(t, p)', { t: pattern === '\\\\p?' ? '\\p' : 'x', p: pattern })).toBe(
      pattern !== '[]a]' && pattern !== '(?i)A' && pattern !== '\\d{1,3}',
    )
  }
})

test('the same compiled rule is asked again and again', () => {
  const rule = compile("SELECT regexp_substr(a, p) AS v FROM 't'")

  // more patterns than are remembered
  for (let round = 0; round < 500; round++) {
    expect(rule.evaluate(messageOf({ a: `x${round}`, p: `${round}$` }))).toMatchObject({ output: { v: String(round) } })
  }
})
