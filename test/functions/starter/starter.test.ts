import { describe, expect, test } from 'vitest'
import { ANSWERABLE_MS, bridgeError, type DeferredRequest, WORKFLOW_LIMITS } from '#contract/index.ts'
import { CLIENT_ID, CORRELATION_ID, MESSAGE_ID, NOW_MS, ruleEvent } from '../../fixtures/rule-event.ts'
import { codeOf, onlyMessage } from '../shared/chain.ts'
import { createStarter, PAYLOAD, PRIVATE, reviewEvent } from './set-up.ts'

/** Longer than a lease of these tests. */
const LEASE_MS = 13_000
const finishable = ({ request_key: key, request_hash: requestHash, execution, generation }: DeferredRequest) => ({
  key,
  requestHash,
  execution,
  generation,
})

describe('a request that a workflow answers', () => {
  test('starts one execution with all that is needed to answer it, and is deferred', async () => {
    const starter = createStarter()

    expect(await starter.invoke()).toEqual({ outcome: 'deferred' })
    expect(starter.started).toEqual([
      {
        request: {
          execution: expect.stringMatching(/^[0-9a-f]{40}-0$/),
          request_key: `${CLIENT_ID}#${CORRELATION_ID}`,
          request_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
          generation: 0,
          topic_key: 'conscience/review',
          client_id: CLIENT_ID,
          message_id: MESSAGE_ID,
          correlation_id: CORRELATION_ID,
          reply_topic: PRIVATE,
          received_at_ms: NOW_MS - 100,
        },
        payload: PAYLOAD,
      },
    ])
    expect(starter.started[0]?.request.execution.length).toBeLessThanOrEqual(WORKFLOW_LIMITS.executionNameCharacters)
    expect(starter.observer.counts).toMatchObject({ WorkflowsStarted: 1 })
  })

  test('its repeats are deferred and start nothing, however late they come', async () => {
    const starter = createStarter()
    await starter.invoke()

    expect(await starter.invoke()).toEqual({ outcome: 'deferred' })
    starter.pass(LEASE_MS)
    expect(await starter.invoke(reviewEvent(PAYLOAD, { received_at_ms: NOW_MS + LEASE_MS }))).toEqual({
      outcome: 'deferred',
    })
    expect(starter.started).toHaveLength(1)
  })

  test('a repeat after the answer gets the answer', async () => {
    const starter = createStarter()
    await starter.invoke()
    const [input] = starter.started
    if (!input) throw new Error('nothing was started')
    const message = { topic: PRIVATE, qos: 1, envelope: { topic: PRIVATE, metadata: {} } }
    await starter.correlation.finish(finishable(input.request), 'completed', JSON.stringify([message]))

    expect(await starter.invoke()).toMatchObject({ outcome: 'replay', messages: [{ topic: PRIVATE }] })
    expect(starter.started).toHaveLength(1)
  })

  test('without envelope the execution learns in which form to answer', async () => {
    const starter = createStarter()
    const event = ruleEvent(PAYLOAD, {
      topic: 'jamey/conscience/review',
      response_topic: PRIVATE,
      correlation_data: 'AAEC',
    })

    expect(await starter.invoke(event)).toEqual({ outcome: 'deferred' })
    expect(starter.started[0]?.request).toMatchObject({ form: 'bare', correlation_data: 'AAEC', correlation_id: null })
  })
})

describe('nothing is started', () => {
  test.each([
    ['a payload that the contract does not allow', reviewEvent({ action: '' }), 'invalid_payload'],
    ['what is no JSON', ruleEvent('{', { topic: 'jamey/conscience/review' }), 'malformed_json'],
    ['a request past the time to start', reviewEvent(PAYLOAD, { received_at_ms: 0 }), undefined],
    [
      'a request past its deadline',
      reviewEvent(PAYLOAD, { received_at_ms: NOW_MS - WORKFLOW_LIMITS.startDeadlineMs - 1 }),
      'deadline_exceeded',
    ],
  ])('by %s', async (_, event, code) => {
    const starter = createStarter()
    const outcome = await starter.invoke(event)

    if (code === undefined) expect(outcome).toEqual({ outcome: 'none' })
    else expect(codeOf(onlyMessage(outcome).envelope)).toBe(code)
    expect(starter.started).toEqual([])
  })

  test('by another request under the same correlation id', async () => {
    const starter = createStarter()
    await starter.invoke()
    const outcome = await starter.invoke(reviewEvent({ ...PAYLOAD, action: 'something else' }))

    expect(codeOf(onlyMessage(outcome).envelope)).toBe('correlation_conflict')
    expect(starter.started).toHaveLength(1)
  })

  test('under a name that the deployment gives nothing to run', async () => {
    const starter = createStarter({ isKnown: false })
    expect(codeOf(onlyMessage(await starter.invoke()).envelope)).toBe('workflow_unavailable')
  })
})

test('a request waits longer for its start than for a handler: Lambda’s repeats are in time', async () => {
  const starter = createStarter()
  const late = reviewEvent(PAYLOAD, { received_at_ms: NOW_MS - ANSWERABLE_MS.request.run - 1 })

  expect(await starter.invoke(late)).toEqual({ outcome: 'deferred' })
})

describe('a starter that dies', () => {
  /** Dies at its first hand-over: the execution runs, and the record says nothing of it. */
  const dyingBeforeHandOver = () => {
    let deaths = 0
    return createStarter({
      store: (inner) => ({
        ...inner,
        async handOver(...args) {
          deaths += 1
          if (deaths === 1) throw new Error('killed')
          return inner.handOver(...args)
        },
      }),
    })
  }

  test('between start and hand-over is taken over at once by Lambda’s repeat, with the same execution', async () => {
    const starter = dyingBeforeHandOver()
    await expect(starter.invoke(reviewEvent(), 'first')).rejects.toThrow('killed')

    expect(await starter.invoke(reviewEvent(), 'first')).toEqual({ outcome: 'deferred' })
    const names = starter.started.map(({ request }) => request.execution)
    expect(new Set(names).size).toBe(1)
  })

  test('is taken over by the device’s repeat when its lease has run out, with the same execution', async () => {
    const starter = dyingBeforeHandOver()
    await expect(starter.invoke()).rejects.toThrow('killed')
    expect(await starter.invoke()).toEqual({ outcome: 'inFlight' })
    starter.pass(LEASE_MS)

    expect(await starter.invoke()).toEqual({ outcome: 'deferred' })
    expect(new Set(starter.started.map(({ request }) => request.execution)).size).toBe(1)
  })

  test('is no matter to an execution that answers before anyone has taken over', async () => {
    const starter = dyingBeforeHandOver()
    await expect(starter.invoke()).rejects.toThrow('killed')
    const [input] = starter.started
    if (!input) throw new Error('nothing was started')

    const message = JSON.stringify([{ topic: PRIVATE, qos: 1, envelope: { topic: PRIVATE, metadata: {} } }])
    expect(await starter.correlation.finish(finishable(input.request), 'completed', message)).toBe(message)
    expect(await starter.invoke()).toMatchObject({ outcome: 'replay' })
    expect(starter.started).toHaveLength(1)
  })

  test('before the start leaves the start to whoever takes over', async () => {
    let deaths = 0
    const starter = createStarter({
      async start() {
        deaths += 1
        if (deaths === 1) throw Object.assign(new Error('Rate exceeded'), { name: 'TooManyRequestsException' })
      },
    })
    await expect(starter.invoke(reviewEvent(), 'first')).rejects.toThrow('Rate exceeded')

    expect(await starter.invoke(reviewEvent(), 'first')).toEqual({ outcome: 'deferred' })
  })
})

test('a request whose execution failed may be sent again, and starts another one', async () => {
  const starter = createStarter()
  await starter.invoke()
  const [first] = starter.started
  if (!first) throw new Error('nothing was started')
  await starter.correlation.finish(finishable(first.request), 'failed', '[]')

  expect(await starter.invoke()).toEqual({ outcome: 'deferred' })
  const [, second] = starter.started
  expect(second?.request.request_key).toBe(first.request.request_key)
  expect(second?.request.execution).not.toBe(first.request.execution)
  expect(second?.request.generation).toBeGreaterThan(first.request.generation)
})

test('what no repeat can mend is told at once, and may be sent again', async () => {
  let isThere = false
  const starter = createStarter({
    async start(workflow) {
      if (!isThere) throw bridgeError('workflow_unavailable', { workflow })
    },
  })
  const { envelope, topic } = onlyMessage(await starter.invoke())
  expect([topic, codeOf(envelope)]).toEqual([PRIVATE, 'workflow_unavailable'])

  isThere = true
  expect(await starter.invoke()).toEqual({ outcome: 'deferred' })
})
