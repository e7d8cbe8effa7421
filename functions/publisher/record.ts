import * as z from 'zod'
import {
  deliverCommandSchema,
  outcomeSchema,
  publishCommandSchema,
  ruleEventSchema,
  traceIdOf,
} from '#contract/index.ts'
import { traceIdOfEvent, traceIdOfMessage } from '../shared/trace.ts'

const requestContext = z.object({
  requestId: z.string(),
  functionArn: z.string(),
  approximateInvokeCount: z.number().optional(),
})

/** A handler's outcome, carried by its success destination. */
const successRecord = z
  .object({
    requestContext: requestContext.extend({ condition: z.literal('Success') }),
    requestPayload: ruleEventSchema,
    responsePayload: outcomeSchema,
  })
  .transform((record) => ({ kind: 'success' as const, ...record }))

/** An invocation that ended without an outcome, carried by the failure destination. */
const failureRecord = z
  .object({
    requestContext: requestContext.extend({ condition: z.enum(['RetriesExhausted', 'EventAgeExceeded']) }),
    requestPayload: ruleEventSchema,
    responsePayload: z.object({ errorType: z.string().optional(), errorMessage: z.string().optional() }).nullish(),
  })
  .transform((record) => ({ kind: 'failure' as const, ...record }))

/**
 * All that the publisher is invoked with: records of Lambda destinations, and direct calls of our own functions and workflows.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 */
export const publisherEventSchema = z.union([
  successRecord,
  failureRecord,
  publishCommandSchema.transform((command) => ({ kind: 'command' as const, ...command })),
  deliverCommandSchema.transform((command) => ({ kind: 'delivery' as const, ...command })),
])

export type PublisherRecord = z.infer<typeof publisherEventSchema>
export type SuccessRecord = z.infer<typeof successRecord>
export type FailureRecord = z.infer<typeof failureRecord>

/** The answer says it too where its request, of MQTT 3.1.1, could say it in the envelope alone. */
export function traceIdOfRecord(record: PublisherRecord): string | undefined {
  switch (record.kind) {
    case 'success': {
      const { requestPayload, responsePayload } = record
      const [first] = 'messages' in responsePayload ? responsePayload.messages : []
      return traceIdOf(requestPayload.traceparent) ?? traceIdOfMessage(first) ?? traceIdOfEvent(requestPayload)
    }
    case 'failure':
      return traceIdOfEvent(record.requestPayload)
    case 'command':
      return traceIdOfMessage(record.publish[0])
    case 'delivery':
      return traceIdOfMessage(record.deliver.message)
  }
}
