import * as z from 'zod'
import { deferredRequestSchema } from '#contract/index.ts'

/** https://docs.aws.amazon.com/lambda/latest/dg/durable-monitoring.html */
const durableStatusChange = z
  .object({
    source: z.literal('aws.lambda'),
    'detail-type': z.literal('Durable Execution Status Change'),
    detail: z.object({
      durableExecutionArn: z.string().min(1),
      status: z.enum(['FAILED', 'TIMED_OUT', 'STOPPED']),
    }),
  })
  .transform(({ detail: { durableExecutionArn, status } }) => ({
    kind: 'durable' as const,
    executionArn: durableExecutionArn,
    status,
  }))

/** https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html */
const stateMachineStatusChange = z
  .object({
    source: z.literal('aws.states'),
    'detail-type': z.literal('Step Functions Execution Status Change'),
    detail: z.object({
      executionArn: z.string().min(1),
      status: z.enum(['FAILED', 'TIMED_OUT', 'ABORTED']),
      /** Left out by the service when event and input would be larger than 256 KiB; ours cannot be. */
      input: z.string(),
    }),
  })
  .transform(({ detail: { executionArn, status, input } }) => ({
    kind: 'stateMachine' as const,
    executionArn,
    status: status === 'ABORTED' ? ('STOPPED' as const) : status,
    input,
  }))

/**
 * What went to the dead-letter queue of a durable function: executions that Lambda could not start, and once more those that failed or timed
 * out. The ids are UUIDs.
 */
const deadLetters = z
  .object({
    Records: z.array(z.object({ eventSource: z.literal('aws:sqs'), messageId: z.string(), body: z.string() })).min(1),
  })
  .transform(({ Records }) => ({ kind: 'deadLetters' as const, letters: Records }))

/** The last step of a state machine: its result goes to who asked. */
const answer = z
  .strictObject({ request: deferredRequestSchema, result: z.unknown() })
  .transform((given) => ({ kind: 'answer' as const, ...given }))

/** All that the reconciler is invoked with. */
export const reconcilerEventSchema = z.union([durableStatusChange, stateMachineStatusChange, deadLetters, answer])
export type ExecutionStatus = 'FAILED' | 'TIMED_OUT' | 'STOPPED'
