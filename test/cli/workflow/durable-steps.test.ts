import type { Event } from '@aws-sdk/client-lambda'
import { expect, test } from 'vitest'
import { stepsOfHistory } from '../../../cli/workflow/durable-steps.ts'

const at = (second: number) => new Date(Date.UTC(2026, 10, 21, 12, 0, second))
const event = (second: number, facts: Omit<Event, 'EventTimestamp'>): Event => ({
  ...facts,
  EventTimestamp: at(second),
})
const failure = { Payload: { ErrorType: 'StepError', ErrorMessage: 'secret' } }

test('a history becomes the steps in the order in which they began, each as deep as it stands', () => {
  const steps = stepsOfHistory([
    event(0, { EventType: 'ExecutionStarted', Id: 'e' }),
    event(1, { EventType: 'StepStarted', Id: '1', Name: 'evaluate', SubType: 'Step' }),
    event(2, { EventType: 'StepSucceeded', Id: '1', Name: 'evaluate' }),
    event(2, { EventType: 'ContextStarted', Id: '2', Name: 'ask operator', SubType: 'WaitForCallback' }),
    event(3, {
      EventType: 'CallbackStarted',
      Id: '3',
      ParentId: '2',
      SubType: 'Callback',
      CallbackStartedDetails: { CallbackId: 'c', Timeout: 60 },
    }),
    event(4, { EventType: 'InvocationCompleted' }),
  ])

  expect(steps).toEqual([
    {
      ...{ name: 'evaluate', kind: 'step', state: 'succeeded', level: 0, retries: 0 },
      ...{ startedAt: at(1), endedAt: at(2), until: undefined, error: undefined },
    },
    {
      ...{ name: 'ask operator', kind: 'context', state: 'running', level: 0, retries: 0 },
      ...{ startedAt: at(2), endedAt: undefined, until: undefined, error: undefined },
    },
    {
      ...{ name: 'Callback', kind: 'callback', state: 'waiting', level: 1, retries: 0 },
      ...{ startedAt: at(3), endedAt: undefined, until: at(63), error: undefined },
    },
  ])
})

test('a step that failed and is tried again waits for its next attempt; one that failed for good has its error', () => {
  const failed = (second: number, delay?: number) =>
    event(second, {
      EventType: 'StepFailed',
      Id: '1',
      StepFailedDetails: {
        Error: failure,
        RetryDetails: { CurrentAttempt: 1, ...(delay !== undefined && { NextAttemptDelaySeconds: delay }) },
      },
    })
  const started = event(1, { EventType: 'StepStarted', Id: '1', Name: 'answer' })

  expect(stepsOfHistory([started, failed(2, 5)])).toMatchObject([{ state: 'waiting', retries: 1, until: at(7) }])
  expect(stepsOfHistory([started, failed(2, 5), event(7, { EventType: 'StepStarted', Id: '1' })])).toMatchObject([
    { state: 'running', retries: 1, until: undefined, endedAt: undefined },
  ])
  expect(stepsOfHistory([started, failed(2, 5), failed(8)])).toMatchObject([
    { state: 'failed', retries: 1, endedAt: at(8), error: 'StepError' },
  ])
})

test.each([
  ['CallbackTimedOut', { CallbackTimedOutDetails: { Error: failure } }, 'timed out', 'StepError'],
  ['CallbackFailed', { CallbackFailedDetails: { Error: failure } }, 'failed', 'StepError'],
  ['CallbackSucceeded', {}, 'succeeded', undefined],
] as const)('%s ends a callback', (EventType, details, state, error) => {
  const steps = stepsOfHistory([
    event(1, { EventType: 'CallbackStarted', Id: '1' }),
    event(9, { EventType, Id: '1', ...details }),
  ])

  expect(steps).toMatchObject([{ kind: 'callback', state, endedAt: at(9), error }])
  expect(JSON.stringify(steps)).not.toContain('secret')
})

test('a wait tells when it ends', () => {
  const details = { WaitStartedDetails: { Duration: 30, ScheduledEndTimestamp: at(31) } }
  expect(stepsOfHistory([event(1, { EventType: 'WaitStarted', Id: '1', ...details })])).toMatchObject([
    { kind: 'wait', state: 'waiting', until: at(31) },
  ])
})
