import { afterEach, describe, expect, test, vi } from 'vitest'
import { FIELD_LIMITS } from '#contract/index.ts'
import type { Evaluator } from '#functions/conscience/evaluator.ts'
import { createConscienceRoutes } from '#functions/conscience/handler.ts'
import { createRuleEngine } from '#functions/conscience/rule-engine.ts'
import { parseRules } from '#functions/conscience/rules.ts'
import { answerOf, codeOf, createChain, NOW_MS, recordingObserver } from './chain.ts'

const RULES = parseRules([
  { name: 'truth', description: 'Be honest', weight: 8, honours: ['honest*'], violates: ['lie', 'lying'] },
])
const TOPIC = { topic: 'conscience/evaluate' }
const chain = (evaluator: Evaluator = createRuleEngine(RULES)) =>
  createChain(createConscienceRoutes({ evaluator }), TOPIC)

describe('conscience/evaluate', () => {
  test('answers with the action and its judgement on the shared topic', async () => {
    const outcome = await chain()({ payload: { action: 'Be honest', context: '', user_id: 'u1' } })

    expect(answerOf(outcome)).toEqual({
      outcome: 'reply',
      topic: 'jamey/conscience/results',
      status: 'ok',
      payload: {
        action: 'Be honest',
        moral_score: 1,
        approved: true,
        applied_rules: ['truth'],
        explanation: expect.stringContaining('"honest" speaks for it'),
      },
    })
  })

  test('answers on the private topic when asked to', async () => {
    const metadata = { reply_to: 'jamey/responses/c1' }

    const outcome = await chain()({ payload: { action: 'lie', context: '' }, metadata })

    expect(answerOf(outcome)).toMatchObject({ topic: 'jamey/responses/c1', payload: { approved: false } })
  })

  test('judges a repeated request once', async () => {
    const evaluate = vi.fn(createRuleEngine(RULES).evaluate)
    const send = chain({ evaluate })
    const request = { payload: { action: 'lie', context: '' }, metadata: { correlation_id: 'r1' } }

    const first = answerOf(await send(request))
    const second = answerOf(await send(request))

    expect(second).toEqual({ ...first, outcome: 'replay' })
    expect(evaluate).toHaveBeenCalledExactlyOnceWith({ action: 'lie', context: '', userId: null })
  })

  test.each([
    ['no action', { context: '' }],
    ['an empty action', { action: '', context: '' }],
    ['no context', { action: 'x' }],
    ['an action over the limit', { action: 'x'.repeat(FIELD_LIMITS.actionCharacters + 1), context: '' }],
    ['a context over the limit', { action: 'x', context: 'x'.repeat(FIELD_LIMITS.contextCharacters + 1) }],
    ['an empty user id', { action: 'x', context: '', user_id: '' }],
    ['null', null],
  ])('refuses %s', async (_, payload) => {
    expect(codeOf(await chain()({ payload }))).toBe('invalid_payload')
  })

  test('refuses a reply topic of another client', async () => {
    const metadata = { reply_to: 'jamey/responses/c2' }

    expect(codeOf(await chain()({ payload: { action: 'x', context: '' }, metadata }))).toBe('reply_to_forbidden')
  })

  test('refuses a request past its deadline', async () => {
    const outcome = await chain()({ payload: { action: 'x', context: '' }, receivedAtMs: NOW_MS - 40_000 })

    expect(codeOf(outcome)).toBe('deadline_exceeded')
  })

  test('fails the invocation when an evaluator gives a score that is none', async () => {
    const judgement = { moral_score: Number.NaN, approved: true, applied_rules: [], explanation: '' }
    const { observer, counts } = recordingObserver()
    const routes = createConscienceRoutes({ evaluator: { evaluate: async () => judgement } })

    const outcome = createChain(routes, { ...TOPIC, observer })({ payload: { action: 'x', context: '' } })

    await expect(outcome).rejects.toThrow()
    expect(counts.SystemFaults).toBe(1)
  })
})

describe('the deployed function', () => {
  afterEach(() => {
    vi.unstubAllEnvs()
    vi.resetModules()
  })

  test('starts with its variables and the rules file beside it', async () => {
    vi.stubEnv('TOPIC_ROOT', 'jamey')
    vi.stubEnv('CORRELATION_TABLE', 'correlations')
    vi.stubEnv('RULE_TABLE', 'rules')
    vi.stubEnv('LAMBDA_TASK_ROOT', new URL('../../../functions/conscience', import.meta.url).pathname)

    const { handler } = await import('#functions/conscience/index.ts')

    expect(handler).toBeTypeOf('function')
  })

  test('does not start without its table', async () => {
    vi.stubEnv('TOPIC_ROOT', 'jamey')
    vi.stubEnv('CORRELATION_TABLE', undefined)

    await expect(import('#functions/conscience/index.ts')).rejects.toMatchObject({ code: 'configuration_invalid' })
  })
})
