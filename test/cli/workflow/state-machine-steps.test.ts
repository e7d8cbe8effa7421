import type { HistoryEvent, HistoryEventType } from '@aws-sdk/client-sfn'
import { expect, test } from 'vitest'
import { statesOfHistory } from '../../../cli/workflow/state-machine-steps.ts'

const at = (second: number) => new Date(Date.UTC(2026, 10, 21, 12, 0, second))
let ids = 0
function event(second: number, type: HistoryEventType, facts: Partial<HistoryEvent> = {}): HistoryEvent {
  ids += 1
  return { timestamp: at(second), type, id: ids, ...facts }
}
const entered = (second: number, kind: 'Task' | 'Choice' | 'Wait' | 'Pass', name: string) =>
  event(second, `${kind}StateEntered`, { stateEnteredEventDetails: { name } })
const exited = (second: number, kind: 'Task' | 'Choice' | 'Wait' | 'Pass', name: string) =>
  event(second, `${kind}StateExited`, { stateExitedEventDetails: { name } })
const taskFailed = (second: number, error: string) =>
  event(second, 'TaskFailed', { taskFailedEventDetails: { resourceType: 'lambda', resource: 'invoke', error } })

test('a history becomes the states in the order in which they were entered; one with a token waits', () => {
  const steps = statesOfHistory([
    event(0, 'ExecutionStarted'),
    entered(1, 'Task', 'Evaluate'),
    event(1, 'TaskScheduled'),
    event(2, 'TaskSucceeded'),
    exited(2, 'Task', 'Evaluate'),
    entered(2, 'Choice', 'Weighty?'),
    exited(2, 'Choice', 'Weighty?'),
    entered(3, 'Task', 'Ask operator'),
    event(3, 'TaskScheduled'),
    event(4, 'TaskSubmitted'),
  ])

  expect(steps).toMatchObject([
    { name: 'Evaluate', kind: 'task', state: 'succeeded', startedAt: at(1), endedAt: at(2), error: undefined },
    { name: 'Weighty?', kind: 'choice', state: 'succeeded' },
    { name: 'Ask operator', kind: 'task', state: 'waiting', startedAt: at(3), endedAt: undefined },
  ])
})

test('a task that is tried again counts its failed attempts', () => {
  const steps = statesOfHistory([
    entered(1, 'Task', 'Ask operator'),
    taskFailed(2, 'Lambda.TooManyRequestsException'),
    event(4, 'TaskScheduled'),
    event(5, 'TaskSucceeded'),
    exited(5, 'Task', 'Ask operator'),
  ])

  expect(steps).toMatchObject([{ state: 'succeeded', retries: 1, error: undefined, endedAt: at(5) }])
})

test('a caught error stays with its state', () => {
  const steps = statesOfHistory([
    entered(1, 'Task', 'Ask operator'),
    taskFailed(2, 'device_request_expired'),
    exited(2, 'Task', 'Ask operator'),
    entered(2, 'Task', 'Answer'),
  ])

  expect(steps).toMatchObject([
    { name: 'Ask operator', state: 'failed', error: 'device_request_expired', endedAt: at(2) },
    { name: 'Answer', state: 'running' },
  ])
})

test.each([
  ['ExecutionFailed', 'failed'],
  ['ExecutionTimedOut', 'timed out'],
  ['ExecutionAborted', 'cancelled'],
] as const)('%s ends what still ran', (type, state) => {
  expect(statesOfHistory([entered(1, 'Wait', 'Pause'), event(9, type)])).toMatchObject([
    { name: 'Pause', kind: 'wait', state, endedAt: at(9) },
  ])
})
