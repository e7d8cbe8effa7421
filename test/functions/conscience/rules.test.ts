import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseRules, RULE_LIMITS } from '#functions/conscience/rules.ts'

const RULE = { name: 'r', description: 'd', weight: 1, honours: ['good'], violates: ['bad*'] }

describe('the rules file', () => {
  test('that is deployed by default is valid and weighs no harm first', () => {
    const text = readFileSync(new URL('../../../functions/conscience/rules.json', import.meta.url), 'utf8')

    const rules = parseRules(JSON.parse(text))

    expect(rules.map(({ name, weight, veto }) => [name, weight, veto])).toEqual([
      ['no-harm', 10, true],
      ['truth', 8, false],
      ['consent', 7, false],
      ['privacy', 7, false],
      ['fairness', 6, false],
      ['autonomy', 5, false],
      ['care', 4, false],
    ])
  })

  test('has no veto unless it says so, and its terms in one spelling', () => {
    expect(parseRules([{ ...RULE, honours: ['Straße', 'Don’t Harm'] }])).toEqual([
      { ...RULE, honours: ['strasse', "don't harm"], veto: false },
    ])
  })

  test.each([
    ['no list', {}],
    ['an empty list', []],
    ['a weight of 0', [{ ...RULE, weight: 0 }]],
    ['a weight over 100', [{ ...RULE, weight: 100.1 }]],
    ['a weight that is no number', [{ ...RULE, weight: '5' }]],
    ['a rule without terms', [{ name: 'r', description: 'd', weight: 1 }]],
    ['an unknown field', [{ ...RULE, vetoes: true }]],
    ['the same name twice', [RULE, RULE]],
    ['an empty term', [{ ...RULE, honours: [''] }]],
    ['a term of only a star', [{ ...RULE, honours: ['* *'] }]],
    ['a star inside a word', [{ ...RULE, honours: ['ho*est'] }]],
    ['punctuation in a term', [{ ...RULE, honours: ['a, b'] }]],
    ['two spaces in a term', [{ ...RULE, honours: ['a  b'] }]],
    ['a term of seven words', [{ ...RULE, honours: ['a b c d e f g'] }]],
    ['too many rules', Array.from({ length: RULE_LIMITS.rules + 1 }, (_, index) => ({ ...RULE, name: `r${index}` }))],
  ])('is refused with %s', (_, input) => {
    expect(() => parseRules(input)).toThrow(expect.objectContaining({ code: 'configuration_invalid' }))
  })

  test('says which rule is wrong', () => {
    expect(() => parseRules([RULE, { ...RULE, name: 's', weight: -1 }])).toThrow('conscience rules: 1.weight: ')
  })
})
