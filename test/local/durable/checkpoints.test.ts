import { describe, expect, onTestFinished, test } from 'vitest'
import { createDurableExecutions, type DurableExecutions } from '#local/durable/index.ts'
import { createFunctionVersions, type InvokeResult, type JsonValue } from '#local/lambda/index.ts'
import { openState } from '#local/state/index.ts'
import { createFakeClock } from '../state/fake-clock.ts'
import { ACCOUNT, functionArn } from './set-up.ts'

interface Event {
  DurableExecutionArn: string
  CheckpointToken: string
  InitialExecutionState: { Operations: { Id: string; Status: string }[]; NextMarker?: string }
}
type Updates = Parameters<DurableExecutions['checkpoint']>[1]['updates']
/** What the SDK would do in one invocation, without the SDK. */
type Invocation = (event: Event, durable: DurableExecutions) => Promise<JsonValue> | JsonValue

const PENDING = { Status: 'PENDING' }
const DONE = { Status: 'SUCCEEDED', Result: '1' }
const wait = (Id: string): Updates[number] => ({ Id, Type: 'WAIT', Action: 'START', WaitOptions: { WaitSeconds: 10 } })

/** A durable function that is given here, invocation by invocation; the last one goes on for all that come. */
function run(...invocations: Invocation[]) {
  const state = openState({ file: ':memory:' })
  const clock = createFakeClock()
  const log: Record<string, unknown>[] = []
  let count = 0
  const durable = createDurableExecutions({
    db: state.db,
    versions: createFunctionVersions(state.db),
    account: ACCOUNT,
    clock,
    deliver: async () => {},
    onStatus() {},
    refusal: () => undefined,
    log: (entry) => void log.push(entry),
    lambda: {
      async invoke(_, payload): Promise<InvokeResult> {
        const invocation = invocations[Math.min(count, invocations.length - 1)]
        count += 1
        const answer = (await invocation?.(payload as unknown as Event, durable)) ?? null
        return { statusCode: 200, payload: answer, requestId: 'r' }
      },
    },
  })
  durable.configure('f', {
    functionArn: functionArn('f'),
    roleArn: undefined,
    deadLetterArn: undefined,
    executionTimeoutSeconds: 3_600,
    retentionDays: 1,
  })
  durable.resume()
  onTestFinished(async () => {
    await durable.close()
    state.close()
  })
  const execution = durable.start({ functionName: 'f', qualifier: '$LATEST', input: '{}', kind: 'asynchronous' })
  return { durable, clock, log, arn: execution.facts.arn, facts: execution.facts, invocations: () => count }
}

/** The text of what the updates are refused with. */
async function refusalOf(updates: Updates, before: Updates = []): Promise<string> {
  let text = 'taken'
  const { durable } = run(({ DurableExecutionArn, CheckpointToken }, all) => {
    const { token = '' } = all.checkpoint(DurableExecutionArn, { token: CheckpointToken, updates: before })
    try {
      all.checkpoint(DurableExecutionArn, { token, updates })
    } catch (error) {
      text = error instanceof Error ? error.message : String(error)
    }
    return DONE
  })
  await durable.idle()
  return text
}

describe('a checkpoint is refused', () => {
  test.each<[string, Updates, string, Updates?]>([
    ['with an id that is none', [{ Id: 'a b', Type: 'STEP', Action: 'START' }], 'Invalid operation id.'],
    ['with an unknown type', [{ Id: 'a', Type: 'JUMP' as 'STEP', Action: 'START' }], 'Unknown operation type.'],
    [
      'with an action of another type',
      [{ Id: 'a', Type: 'WAIT', Action: 'SUCCEED' }],
      'Invalid action for the given operation type.',
    ],
    ['with an operation twice', [wait('a'), wait('a')], 'Cannot update the same operation twice in a single request.'],
    ['with a parent that is not there', [{ ...wait('a'), ParentId: 'p' }], 'Invalid parent operation id.'],
    [
      'with a parent that is no context',
      [{ ...wait('a'), ParentId: 'p' }],
      'Invalid parent operation id.',
      [wait('p')],
    ],
    ['with a wait that is there', [wait('a')], 'Cannot start a WAIT that already exists.', [wait('a')]],
    [
      'with a wait without its time',
      [{ Id: 'a', Type: 'WAIT', Action: 'START' }],
      'Update for WAIT operation requires WaitOptions.',
    ],
    [
      'with a wait that is too long',
      [{ Id: 'a', Type: 'WAIT', Action: 'START', WaitOptions: { WaitSeconds: 99_999_999 } }],
      'waitSeconds: expected a whole number from 1 to 31622400, got 99999999',
    ],
    [
      'with a step that has ended',
      [{ Id: 'a', Type: 'STEP', Action: 'SUCCEED' }],
      'Invalid current STEP state to close.',
      [{ Id: 'a', Type: 'STEP', Action: 'SUCCEED' }],
    ],
    [
      'with a repeat without a delay',
      [{ Id: 'a', Type: 'STEP', Action: 'RETRY' }],
      'Invalid StepOptions for the given action.',
    ],
    [
      'with another type under an id',
      [{ Id: 'a', Type: 'STEP', Action: 'START' }],
      'Inconsistent operation type.',
      [wait('a')],
    ],
    [
      'with an error of a success',
      [{ Id: 'a', Type: 'STEP', Action: 'SUCCEED', Error: {} }],
      'Cannot provide an Error for SUCCEED action.',
    ],
    [
      'with a payload of a failure',
      [{ Id: 'a', Type: 'STEP', Action: 'FAIL', Payload: '1' }],
      'Cannot provide a Payload for FAIL action.',
    ],
    [
      'with an invocation of nobody',
      [{ Id: 'a', Type: 'CHAINED_INVOKE', Action: 'START' }],
      'Update for CHAINED_INVOKE operation requires ChainedInvokeOptions.',
    ],
    [
      'with a payload that is too large',
      [{ Id: 'a', Type: 'STEP', Action: 'SUCCEED', Payload: 'x'.repeat(1_048_577) }],
      'STEP payload size must be less than or equal to 1048576 bytes.',
    ],
    [
      'with more operations than an execution has',
      Array.from({ length: 3_000 }, (_, index) => ({ Id: `a${index}`, Type: 'STEP', Action: 'SUCCEED' }) as const),
      'An execution takes at most 3000 durable operations, got 3001',
    ],
    [
      'with an end that is not the last',
      [{ Id: 'e', Type: 'EXECUTION', Action: 'SUCCEED' }, wait('a')],
      'EXECUTION checkpoint must be the last update.',
    ],
  ])('%s', async (_, updates, text, before) => {
    expect(await refusalOf(updates, before)).toBe(text)
  })

  test('with a token that has been used, unless it is the very same checkpoint again', async () => {
    const seen: unknown[] = []
    const { durable } = run(({ DurableExecutionArn, CheckpointToken: token }, all) => {
      const first = { token, clientToken: 'c1', updates: [wait('a')] }
      const answer = all.checkpoint(DurableExecutionArn, first)
      seen.push(all.checkpoint(DurableExecutionArn, first) === answer)
      try {
        all.checkpoint(DurableExecutionArn, { token, clientToken: 'c2', updates: [] })
      } catch (error) {
        seen.push(error instanceof Error && error.message)
      }
      return PENDING
    })
    await durable.idle()

    expect(seen).toEqual([true, 'Invalid Checkpoint Token'])
  })
})

test('what an execution has used up is counted as Lambda bills it', async () => {
  const { durable, facts } = run(({ DurableExecutionArn, CheckpointToken: token }, all) => {
    all.checkpoint(DurableExecutionArn, {
      token,
      updates: [
        { Id: 's', Type: 'STEP', Action: 'START' },
        { Id: 's', Type: 'STEP', Action: 'RETRY', Payload: '12345', StepOptions: { NextAttemptDelaySeconds: 5 } },
        wait('w'),
      ],
    })
    return PENDING
  })
  await durable.idle()

  // the execution, a step with one repeat, a wait; its input, and the state of the step
  expect(facts.metered).toEqual({ operations: 4, bytes: 7 })
})

test('an execution may be ended by a checkpoint, and what the invocation returns counts no more', async () => {
  const { durable, arn } = run(({ DurableExecutionArn, CheckpointToken: token }, all) => {
    const updates: Updates = [{ Id: 'result', Type: 'EXECUTION', Action: 'SUCCEED', Payload: '"large"' }]
    expect(all.checkpoint(DurableExecutionArn, { token, updates }).token).toBeUndefined()
    return { Status: 'FAILED' }
  })
  await durable.idle()

  const { facts, operations } = durable.describe(arn)
  expect(facts.status).toBe('SUCCEEDED')
  expect(operations.get(facts.id)?.result).toBe('"large"')
})

test.each([
  ['waits for nothing', PENDING, 'Cannot return PENDING status with no pending operations.'],
  ['has no status', { a: 1 }, 'Invalid Status in invocation output.'],
  ['succeeds with an error', { ...DONE, Error: {} }, 'Cannot provide an Error for SUCCEEDED status.'],
  ['fails with a result', { Status: 'FAILED', Result: '1' }, 'Cannot provide a Result for FAILED status.'],
  [
    'has too large a result',
    { Status: 'SUCCEEDED', Result: 'x'.repeat(1_048_577) },
    'Execution output payload size must be less than or equal to 1048576 bytes.',
  ],
])('an answer that %s fails the execution', async (_, answer, text) => {
  const { durable, facts } = run(() => answer)
  await durable.idle()

  expect(facts).toMatchObject({ status: 'FAILED', error: { ErrorMessage: text } })
})

test('an invocation that ends without an answer is tried again, with waits that double', async () => {
  const crash = () => {
    throw new Error('the environment is gone')
  }
  const { durable, clock, log, facts, invocations } = run(crash, crash, () => DONE)

  for (const delayMs of [1_000, 2_000]) {
    await durable.idle()
    clock.advance(delayMs - 1)
    expect(durable.active()).toBe(0)
    clock.advance(1)
  }
  await durable.idle()

  expect([facts.status, invocations()]).toEqual(['SUCCEEDED', 3])
  expect(log.map(({ event, retryMs }) => [event, retryMs])).toEqual([
    ['durable_invocation_failed', 1_000],
    ['durable_invocation_failed', 2_000],
  ])
})

test('state is given in pages, whose markers are checked', async () => {
  const pages: unknown[] = []
  const { durable } = run(({ DurableExecutionArn, CheckpointToken }, all) => {
    const updates = ['a', 'b', 'c'].map((Id) => ({ Id, Type: 'STEP', Action: 'SUCCEED' }) as const)
    const { token = '' } = all.checkpoint(DurableExecutionArn, { token: CheckpointToken, updates })
    const page = (marker?: string) => all.state(DurableExecutionArn, { token, marker, maxItems: 3 })
    const first = page()
    pages.push(
      first.operations.length,
      page(first.nextMarker).operations.map(({ id }) => id),
      page('3').nextMarker,
    )
    expect(() => page('x')).toThrow('Invalid Marker')
    return DONE
  })
  await durable.idle()

  expect(pages).toEqual([3, ['c'], undefined])
})
