import { LocalDurableTestRunner, WaitingOperationStatus } from '@aws/durable-execution-sdk-js-testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deviceRequestSchema, publishCommandSchema, REVIEW_PATH } from '#contract/index.ts'
import { createMemoryStore } from '#correlation/index.ts'
import { WEIGHTY_SCORE } from '#functions/review/judge.ts'
import { CLIENT_ID, CORRELATION_ID, MESSAGE_ID, NOW_MS } from '../../fixtures/rule-event.ts'
import {
  createReviewRun,
  DECISION_SECONDS,
  deviceAnswer,
  EXECUTION,
  INPUT,
  KEY,
  OPERATOR,
  PRIVATE,
  WEIGHTY,
} from './set-up.ts'

beforeAll(() => LocalDurableTestRunner.setupTestEnvironment({ skipTime: true }))
afterAll(() => LocalDurableTestRunner.teardownTestEnvironment())

/** Runs it to the question, has the operator do something, and lets it end. */
async function asked(
  review: ReturnType<typeof createReviewRun>,
  act: (callback: {
    sendCallbackSuccess(result?: string): Promise<unknown>
    sendCallbackFailure(error?: { ErrorType?: string; ErrorMessage?: string }): Promise<unknown>
  }) => Promise<unknown>,
) {
  const running = review.run()
  const callback = review.runner.getOperation('ask operator')
  await callback.waitForData(WaitingOperationStatus.SUBMITTED)
  await act(callback)
  return running
}

describe('the conscience decides alone', () => {
  test.each([
    ['what it approves', { ...WEIGHTY, approved: true, moral_score: 0.5 }],
    ['what is a trifle', { ...WEIGHTY, moral_score: WEIGHTY_SCORE + 0.01 }],
  ])('%s', async (_, judgement) => {
    const review = createReviewRun({ judgement })
    const result = await review.run()

    expect(result.getStatus()).toBe('SUCCEEDED')
    expect(review.asked).toEqual([])
    expect(review.answer()).toEqual({
      topic: PRIVATE,
      metadata: expect.objectContaining({
        client_id: CLIENT_ID,
        correlation_id: CORRELATION_ID,
        in_reply_to: MESSAGE_ID,
        status: 'ok',
      }),
      payload: { action: 'delete all data', ...judgement, decision: 'evaluated', decided_by: null, reason: null },
    })
    expect(await review.correlation.claim({ key: KEY, requestHash: 'hash', owner: 'x', leaseMs: 1 })).toMatchObject({
      state: 'replay',
    })
  })
})

describe('what is weighty is laid before an operator', () => {
  test('who is shown the judgement, by a request that waits for a session that is away', async () => {
    const review = createReviewRun()
    const result = await asked(review, (callback) =>
      callback.sendCallbackSuccess(deviceAnswer({ status: 200, body: { approved: true } })),
    )

    const [waited] = result.getHistoryEvents().flatMap(({ CallbackStartedDetails }) => CallbackStartedDetails ?? [])
    expect(waited?.Timeout).toBe(DECISION_SECONDS)
    expect(review.asked).toHaveLength(1)
    expect(deviceRequestSchema.parse(review.asked[0])).toMatchObject({
      client_id: OPERATOR,
      topic: 'devices/{clientId}/requests',
      deadline_seconds: DECISION_SECONDS,
      when_offline: 'keep',
      completion: { kind: 'durable', callback_id: expect.any(String) },
      payload: {
        method: 'POST',
        path: REVIEW_PATH,
        body: {
          action: 'delete all data',
          context: 'nobody asked',
          user_id: 'u-1',
          client_id: CLIENT_ID,
          ...WEIGHTY,
        },
      },
    })
  })

  test.each([
    ['approves', { approved: true, reason: 'it is a test system' }, { approved: true, decision: 'approved' }],
    ['rejects', { approved: false, reason: 'no' }, { approved: false, decision: 'rejected' }],
  ])('and counts when the operator %s', async (_, body, expected) => {
    const review = createReviewRun()
    const result = await asked(review, (callback) =>
      callback.sendCallbackSuccess(deviceAnswer({ status: 200, headers: {}, body })),
    )

    expect(result.getStatus()).toBe('SUCCEEDED')
    expect(review.answer().payload).toMatchObject({ ...expected, decided_by: OPERATOR, reason: body.reason })
    // the judgement was made once, before the wait
    expect(review.evaluations()).toBe(1)
  })

  test.each([
    ['an error', { status: 500, body: null }, "the operator's device answered with status 500"],
    ['no decision', { status: 200, body: { approved: 'yes' } }, "the operator's answer is no decision: approved: "],
    ['nothing of use', 7, 'the answer of the operator cannot be read'],
  ])('and when the device answers %s the judgement stands', async (_, answer, reason) => {
    const review = createReviewRun()
    await asked(review, (callback) => callback.sendCallbackSuccess(deviceAnswer(answer)))

    expect(review.answer()).toMatchObject({
      metadata: { status: 'ok' },
      payload: {
        approved: false,
        decision: 'unanswered',
        decided_by: null,
        reason: expect.stringContaining(reason),
      },
    })
  })

  test('and when the wait has ended at the device the judgement stands', async () => {
    const review = createReviewRun()
    const error = { ErrorType: 'device_request_expired', ErrorMessage: 'the device gave no answer by the deadline' }
    const result = await asked(review, (callback) => callback.sendCallbackFailure(error))

    expect(result.getStatus()).toBe('SUCCEEDED')
    expect(review.answer().payload).toMatchObject({
      approved: false,
      decision: 'unanswered',
      reason: 'no operator decided in time',
    })
  })

  test('and when the device cannot be asked it is tried again, then the judgement stands', async () => {
    const review = createReviewRun({
      async ask() {
        throw Object.assign(new Error('secret of the service'), { name: 'TooManyRequestsException' })
      },
    })
    const result = await review.run()

    expect(result.getStatus()).toBe('SUCCEEDED')
    expect(review.asked.length).toBe(4)
    expect(review.answer().payload).toMatchObject({ decision: 'unanswered', reason: 'the operator could not be asked' })
  })
})

describe('exactly one outcome', () => {
  test('a last step that stored and could not publish publishes the same when it is repeated', async () => {
    let failures = 0
    const tried: string[] = []
    const review = createReviewRun({
      judgement: { ...WEIGHTY, approved: true },
      async publish(command) {
        tried.push(JSON.stringify(command))
        failures += 1
        if (failures < 3) throw new Error('Rate exceeded')
      },
    })
    const result = await review.run()

    expect(result.getStatus()).toBe('SUCCEEDED')
    expect(tried).toHaveLength(3)
    expect(new Set(tried).size).toBe(1)
    expect(publishCommandSchema.parse(review.published[0]).expires_at_ms).toBeGreaterThan(NOW_MS)
  })

  test('an execution that lost its request says nothing', async () => {
    const correlation = createMemoryStore({ keptSeconds: 3_600, nowMs: () => NOW_MS })
    const review = createReviewRun({ judgement: { ...WEIGHTY, approved: true }, correlation })
    const { claim, handOver } = correlation
    const first = await claim({ key: KEY, requestHash: 'hash', owner: 'a', leaseMs: 1_000 })
    if (first.state !== 'claimed') throw new Error(first.state)
    await handOver(first.claim, 'abc-0', 600)
    await correlation.finish(EXECUTION, 'failed', '[]')
    const second = await claim({ key: KEY, requestHash: 'hash', owner: 'b', leaseMs: 1_000 })
    if (second.state !== 'claimed') throw new Error(second.state)
    await handOver(second.claim, 'abc-1', 600)

    const result = await review.runner.run({ payload: INPUT })
    expect(result.getResult()).toEqual({ answered: false })
    expect(review.published).toEqual([])
    expect(review.observer.lines.map(({ event }) => event)).toContain('workflow_outcome_late')
  })
})

describe('what goes wrong inside', () => {
  test('fails the execution, so that the reconciler answers; the log has no payload', async () => {
    const review = createReviewRun()
    const result = await review.run({ request: { ...INPUT.request, generation: -1 }, payload: INPUT.payload })

    expect(result.getStatus()).toBe('FAILED')
    expect(result.getError()).toMatchObject({ errorType: 'workflow_input_invalid' })
    expect(review.published).toEqual([])
    expect(review.observer.text()).not.toContain('delete all data')
  })

  test('a judgement that cannot be made is tried again, then the execution fails', async () => {
    const review = createReviewRun({
      get judgement(): never {
        throw new Error('no rules')
      },
    })
    const result = await review.run()

    expect(result.getStatus()).toBe('FAILED')
    expect(review.published).toEqual([])
    expect(review.observer.lines).toContainEqual({
      level: 'error',
      event: 'workflow_failed',
      fields: { execution: 'abc-0', error_name: 'StepError' },
    })
  })

  test('a result that the contract does not allow is answered with its code', async () => {
    const review = createReviewRun({ judgement: { ...WEIGHTY, approved: true, moral_score: 7 } })
    await review.run()

    expect(review.answer()).toMatchObject({
      metadata: { status: 'error' },
      payload: { code: 'workflow_result_invalid' },
    })
  })
})
