import { describe, expect, test } from 'vitest'
import type { WorkflowName } from '../fixtures/durable/workflows.ts'

/** How an execution went, as far as both kinds of runner tell it. */
export interface WorkflowRun {
  status: string | undefined
  result: unknown
  errorType: string | undefined
  errorMessage: string | undefined
  /** `<type> <name> <status>`, in their order. */
  operations: string[]
  /** Types, in their order, without those of invocations. */
  events: string[]
}

export type CallbackAct =
  | { kind: 'succeed'; result: string }
  | { kind: 'fail'; error: { ErrorType?: string; ErrorMessage?: string; ErrorData?: string } }
  | { kind: 'heartbeat' }

export interface DurableRunner {
  /** Runs a workflow to its end, with what is done to its callback; time passes by itself. */
  run(workflow: WorkflowName, input?: unknown, acts?: readonly CallbackAct[]): Promise<WorkflowRun>
}

/** What durable functions are promised. The same workflows run on the runner of the testing package and on the local runtime. */
export function testDurableRunner(options: {
  name: string
  create: () => DurableRunner | Promise<DurableRunner>
  /** Facts that an implementation does not show, each with the reason. */
  skip?: readonly { reason: string; tests: readonly string[] }[]
}): void {
  const skipped = new Set(options.skip?.flatMap(({ tests }) => tests))
  const fact = (title: string, work: (runner: DurableRunner) => Promise<void>) =>
    test.skipIf(skipped.has(title))(title, async () => work(await options.create()))

  describe(options.name, () => {
    fact('steps give their results on', async (runner) => {
      expect(await runner.run('steps', 'zero')).toEqual({
        status: 'SUCCEEDED',
        result: 'zero one two',
        errorType: undefined,
        errorMessage: undefined,
        operations: ['STEP one SUCCEEDED', 'STEP two SUCCEEDED'],
        events: [
          'ExecutionStarted',
          'StepStarted',
          'StepSucceeded',
          'StepStarted',
          'StepSucceeded',
          'ExecutionSucceeded',
        ],
      })
    })

    fact('a step that fails is tried again after its delay', async (runner) => {
      const { result, events } = await runner.run('retriedStep')

      expect(result).toBe(3)
      expect(events.filter((type) => type.startsWith('StepFailed'))).toHaveLength(2)
      expect(events.at(-1)).toBe('ExecutionSucceeded')
    })

    fact('a step that fails for good fails the execution', async (runner) => {
      expect(await runner.run('failingStep')).toMatchObject({
        status: 'FAILED',
        errorType: 'StepError',
        errorMessage: 'no luck',
        operations: ['STEP broken FAILED'],
      })
    })

    fact('the workflow may catch the error of a step', async (runner) => {
      expect(await runner.run('caughtStep')).toMatchObject({ status: 'SUCCEEDED', result: 'no luck' })
    })

    fact('a step that runs at most once an attempt is started before it runs', async (runner) => {
      const { result, events } = await runner.run('atMostOnce')

      expect(result).toBe(1)
      expect(events.slice(1, 3)).toEqual(['StepStarted', 'StepSucceeded'])
    })

    fact('a wait ends by itself', async (runner) => {
      expect(await runner.run('waiting')).toMatchObject({
        result: 'awake',
        operations: ['WAIT pause SUCCEEDED'],
        events: ['ExecutionStarted', 'WaitStarted', 'WaitSucceeded', 'ExecutionSucceeded'],
      })
    })

    fact('a condition is looked at until it holds', async (runner) => {
      expect(await runner.run('condition')).toMatchObject({ result: 3, operations: ['STEP level SUCCEEDED'] })
    })

    fact('a callback gives on the text it was completed with', async (runner) => {
      expect(await runner.run('callback', null, [{ kind: 'succeed', result: '{"yes":true}' }])).toMatchObject({
        status: 'SUCCEEDED',
        result: '{"yes":true}',
      })
    })

    fact('a callback that fails fails the workflow with its error', async (runner) => {
      const error = { ErrorType: 'Refused', ErrorMessage: 'the operator says no' }

      expect(await runner.run('callback', null, [{ kind: 'fail', error }])).toMatchObject({
        status: 'FAILED',
        errorMessage: 'the operator says no',
      })
    })

    fact('the workflow may catch the failure of a callback', async (runner) => {
      const error = { ErrorMessage: 'no' }

      expect(await runner.run('caughtCallback', null, [{ kind: 'fail', error }])).toMatchObject({ result: 'no' })
    })

    fact('a callback that nobody completes times out', async (runner) => {
      expect(await runner.run('callbackWithTimeout')).toMatchObject({
        status: 'FAILED',
        errorMessage: 'Callback timed out',
      })
    })

    fact('a callback without a heartbeat times out', async (runner) => {
      expect(await runner.run('callbackWithHeartbeat')).toMatchObject({
        status: 'FAILED',
        errorMessage: 'Callback timed out on heartbeat',
      })
    })

    fact('a callback with a heartbeat may still be completed', async (runner) => {
      const acts = [{ kind: 'heartbeat' }, { kind: 'succeed', result: 'late' }] as const

      expect(await runner.run('callbackWithHeartbeat', null, acts)).toMatchObject({ result: 'late' })
    })

    fact('a submitter that fails fails the workflow', async (runner) => {
      expect(await runner.run('submitterFails')).toMatchObject({ status: 'FAILED', errorMessage: 'cannot ask' })
    })

    fact('child contexts are replayed by their results', async (runner) => {
      expect(await runner.run('childContext')).toMatchObject({
        result: 'deep done',
        operations: [
          'CONTEXT outer SUCCEEDED',
          'CONTEXT inner SUCCEEDED',
          'STEP deep SUCCEEDED',
          'WAIT pause SUCCEEDED',
        ],
      })
    })

    fact('a child context with a large result is replayed by its children', async (runner) => {
      expect(await runner.run('largeChild')).toMatchObject({ status: 'SUCCEEDED', result: 400_000 })
    })

    fact('branches run beside each other', async (runner) => {
      expect(await runner.run('parallel')).toMatchObject({ result: ['slow', 'quick'] })
    })

    fact('items are mapped, with as many failures as are tolerated', async (runner) => {
      expect(await runner.run('map')).toMatchObject({ result: { results: [2, 4, 8], failures: 1 } })
    })

    fact('a plain function may be invoked', async (runner) => {
      expect(await runner.run('invokesPlain', 21)).toMatchObject({
        result: { doubled: 42 },
        operations: ['CHAINED_INVOKE ask SUCCEEDED'],
      })
    })

    fact('a durable function may be invoked', async (runner) => {
      expect(await runner.run('invokesDurable')).toMatchObject({ result: 'awake' })
    })

    fact('the failure of an invoked function is an error of the workflow', async (runner) => {
      expect(await runner.run('invokesFailing')).toMatchObject({ result: 'the plain function fails' })
    })

    fact('an error outside of steps fails the execution', async (runner) => {
      expect(await runner.run('throwing')).toMatchObject({
        status: 'FAILED',
        errorType: 'RangeError',
        errorMessage: 'thrown',
        events: ['ExecutionStarted', 'ExecutionFailed'],
      })
    })

    fact('a workflow may return nothing', async (runner) => {
      expect(await runner.run('nothing')).toMatchObject({ status: 'SUCCEEDED', result: undefined })
    })
  })
}
