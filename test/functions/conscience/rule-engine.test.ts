import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FIELD_LIMITS } from '#contract/index.ts'
import { APPROVAL_THRESHOLD, createRuleEngine } from '#functions/conscience/rule-engine.ts'
import { parseRules, type RuleInput } from '#functions/conscience/rules.ts'

const DEFAULT_RULES = parseRules(
  JSON.parse(readFileSync(new URL('../../../functions/conscience/rules.json', import.meta.url), 'utf8')),
)
const engine = createRuleEngine(DEFAULT_RULES)
const judge = (action: string, context = '') => engine.evaluate({ action, context, userId: null })

/** A judgement by one rule of our own. */
function judgeBy(rule: Partial<RuleInput>, action: string, context = '') {
  const rules = parseRules([{ name: 'r', description: 'd', weight: 1, honours: [], violates: [], ...rule }])
  return createRuleEngine(rules).evaluate({ action, context, userId: null })
}

describe('the default rules', () => {
  test.each([
    ['I will be honest and truthful', 1, true, ['truth']],
    ['I will not cause harm', 0.5, true, ['no-harm']],
    ['I will harm someone', -1, false, ['no-harm']],
    ['I will be truthful and not harm anyone', 0.7222, true, ['no-harm', 'truth']],
    ['I will help someone in need', 1, true, ['care']],
    ['Tell the customer a lie', -1, false, ['truth']],
    ['Sell user data', -1, false, ['privacy']],
    ['Delete all user data without consent', -1, false, ['consent']],
    ['Treat the injured driver', 0, true, []],
  ])('judge "%s": score %d', async (action, score, approved, names) => {
    expect(await judge(action)).toMatchObject({ moral_score: score, approved, applied_rules: names })
  })

  test('find nothing in words that only hold the letters of a term', async () => {
    for (const action of ['hello world', 'understand because', 'a charming pharmacy', 'believe in clients']) {
      expect(await judge(action)).toEqual({
        moral_score: 0,
        approved: true,
        applied_rules: [],
        explanation: 'Approved: no rule speaks about this action or its context.',
      })
    }
  })

  test('approve deleting user data when the user requested it, and say why', async () => {
    expect(await judge('Delete user data', 'User requested account deletion')).toMatchInlineSnapshot(`
      {
        "applied_rules": [
          "consent",
          "privacy",
        ],
        "approved": true,
        "explanation": "Approved: the score 0.25 is not below -0.25 and the action breaks no rule with a veto. "consent" (weight 7) is kept: in the context "user requested" speaks for it. "privacy" (weight 7) is kept: in the context "account deletion" speaks for it.",
        "moral_score": 0.25,
      }
    `)
  })

  test('refuse harm however much speaks for it', async () => {
    const judgement = await judge('Honest, fair and safe help with consent, then kill him')

    expect(judgement.moral_score).toBeGreaterThan(0)
    expect(judgement.approved).toBe(false)
    expect(judgement.explanation).toMatch(/^Not approved: the action breaks "no-harm", which has a veto\./)
  })
})

describe('denial', () => {
  test.each([
    'I will not harm him',
    'We do it without harming anyone',
    "Don't harm him",
    'don’t ever harm him',
    'WONT HARM HIM',
    'Refuse to harm him',
    'avoid any harm',
    'No harm is done',
    'I cannot harm him',
    'Prevent harm',
    'instead of harming him',
    'harm nobody',
    'harm no one',
  ])('turns a violation round: "%s"', async (action) => {
    expect(await judge(action)).toMatchObject({ moral_score: 0.5, approved: true, applied_rules: ['no-harm'] })
  })

  test.each(['I will not be honest', 'refuse to tell the truth', 'fail to be sincere', 'never be truthful'])(
    'turns keeping a rule into breaking it: "%s"',
    async (action) => {
      expect(await judge(action)).toMatchObject({ moral_score: -0.5, approved: false, applied_rules: ['truth'] })
    },
  )

  test.each([
    ['a comma', 'Not today, harm him tomorrow'],
    ['a period', 'I will not. Harm him.'],
    ['a semicolon', 'I do not ask; I harm'],
    ['a line break', 'not now\nharm him'],
    ['"but"', 'I will not shout but harm him'],
    ['"and then"', 'Do not warn him and then harm him'],
    ['more than five words', 'I will not go to the big market to harm him'],
    ['the end of "nothing but"', 'nothing but harm'],
  ])('does not reach over %s', async (_, action) => {
    expect(await judge(action)).toMatchObject({ moral_score: -1, approved: false })
  })

  test.each([
    ['I will not refuse to harm him', -1],
    ['I do not hesitate to harm him', -1],
    ['I cannot wait to harm him', -1],
    ['I never fail to be honest', 1],
    ['not without consent', 1],
    ['Not only harm him', -1],
    ['harm him no matter what', -1],
  ])('is cancelled or empty in "%s"', async (action, score) => {
    const { moral_score } = await judge(action)
    expect(Math.sign(moral_score)).toBe(Math.sign(score))
  })
})

describe('terms', () => {
  test('match whole words, beginnings with a star, and phrases in order', async () => {
    const rule = { honours: ['good', 'kind*', 'at * request'] }

    expect(await judgeBy(rule, 'goods')).toMatchObject({ applied_rules: [] })
    expect(await judgeBy(rule, 'Kindly!')).toMatchObject({ moral_score: 1 })
    expect(await judgeBy(rule, "at Anna's request")).toMatchObject({ moral_score: 1 })
    expect(await judgeBy(rule, 'request at the')).toMatchObject({ applied_rules: [] })
    expect(await judgeBy(rule, 'at the. Request')).toMatchObject({ applied_rules: [] })
  })

  test('that overlap count by the most particular one', async () => {
    const rule = { honours: ['harmless', 'sell * flowers'], violates: ['harm*', 'sell'] }

    expect(await judgeBy(rule, 'a harmless joke')).toMatchObject({ moral_score: 1 })
    expect(await judgeBy(rule, 'sell fresh flowers')).toMatchObject({ moral_score: 1 })
    expect(await judgeBy(rule, 'sell harmful flowers')).toMatchObject({ moral_score: 1 })
    expect(await judgeBy(rule, 'sell fruit')).toMatchObject({ moral_score: -1 })
  })

  test('match in any script and case', async () => {
    const rule = { honours: ['Ärger vermeiden', 'ΑΛΗΘΕΙΑ', 'правда'] }

    for (const action of ['ÄRGER Vermeiden', 'αληθεια', 'ПРАВДА']) {
      expect(await judgeBy(rule, action)).toMatchObject({ moral_score: 1 })
    }
  })
})

describe('the context', () => {
  test('counts a quarter of the action', async () => {
    expect(await judge('Proceed', 'with consent')).toMatchObject({ moral_score: 0.25 })
    expect(await judge('Tell the truth', 'they lied to us')).toMatchObject({ moral_score: 0.75, approved: true })
  })

  test('alone is never refused', async () => {
    expect(await judge('Call an ambulance', 'They kill, lie, steal and cheat')).toMatchObject({
      moral_score: APPROVAL_THRESHOLD,
      approved: true,
    })
  })

  test('does not excuse the action', async () => {
    expect(await judge('Sell user data', 'in private, keep it confidential and anonymised')).toMatchObject({
      moral_score: -0.75,
      approved: false,
    })
  })
})

describe('the explanation', () => {
  test('names rules by weight, words, direction and place, each reason once', async () => {
    const { explanation } = await judge('Help and help and lie', 'we were cheated')

    expect(explanation).toBe(
      'Not approved: the score -0.3333 is below -0.25. ' +
        '"truth" (weight 8) is broken: in the action "lie" speaks against it, in the context "cheated" speaks against it. ' +
        '"care" (weight 4) is kept: in the action "help" speaks for it.',
    )
  })

  test('stays short however long the text', async () => {
    const word = `honest${'x'.repeat(900)}`
    const { explanation } = await judge(word, 'lie lied liar cheat fraud fake forged untrue '.repeat(200))

    expect(explanation).toContain(`"${word.slice(0, 40)}…"`)
    expect(explanation).toMatch(/5 more\.$/)
    expect(explanation.length).toBeLessThan(500)
  })
})

describe('for any text', () => {
  const word = fc.constantFrom(
    ...'harm lie honest help consent not never without refuse but then nobody no user requested data sell world Straße'.split(
      ' ',
    ),
  )
  const spoken = fc.array(fc.oneof(word, fc.stringMatching(/^[a-z]{1,8}$/)), { minLength: 1, maxLength: 15 })
  const anyText = (maxLength: number) =>
    fc.oneof(
      fc.string({ unit: 'binary', maxLength }),
      spoken.map((list) => list.join(' ')),
    )

  test('the score is a number from −1 to 1, explained, and the same every time', async () => {
    await fc.assert(
      fc.asyncProperty(anyText(FIELD_LIMITS.actionCharacters), anyText(1_000), async (action, context) => {
        const judgement = await judge(action, context)
        expect(judgement.moral_score).toBeGreaterThanOrEqual(-1)
        expect(judgement.moral_score).toBeLessThanOrEqual(1)
        expect(Object.is(judgement.moral_score, -0)).toBe(false)
        expect(judgement.explanation).not.toBe('')
        expect(await judge(action, context)).toEqual(judgement)
      }),
    )
  })

  test('the order of the rules does not matter', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(DEFAULT_RULES, { minLength: DEFAULT_RULES.length }),
        anyText(200),
        anyText(200),
        async (rules, action, context) => {
          const other = await createRuleEngine(rules).evaluate({ action, context, userId: null })
          expect(other).toEqual(await judge(action, context))
        },
      ),
    )
  })

  test('case and marks that end no clause do not matter', async () => {
    const mark = fc.constantFrom('"', '*', '(', ')', '—', '/', '·', '«', '_', '%')
    await fc.assert(
      fc.asyncProperty(
        spoken,
        fc.array(mark, { maxLength: 4 }),
        fc.constantFrom('', '.', '!', '?!'),
        async (list, marks, end) => {
          const plain = list.join(' ')
          const decorated = list.map((one, index) => `${marks[index % 4] ?? ''}${one}${marks[(index + 1) % 4] ?? ''}`)
          const expected = await judge(plain, plain)
          expect((await judge(decorated.join(' ').toUpperCase() + end, plain.toUpperCase())).moral_score).toBe(
            expected.moral_score,
          )
        },
      ),
    )
  })

  test('good words about a broken rule do not make it better', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 30 }), async (count) => {
        const { moral_score } = await judge(`lie. ${'honest. '.repeat(count)}`)
        expect(moral_score).toBe(-1)
      }),
    )
  })
})
