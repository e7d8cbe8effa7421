import { errorToJson } from './function-error.ts'
import type { JsonValue } from './json.ts'
import type { Outcome } from './worker-pool.ts'

/** Why a record is sent. */
export type DestinationCondition = 'Success' | 'RetriesExhausted' | 'EventAgeExceeded'

/** What a destination receives. https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html */
export interface DestinationRecord {
  version: '1.0'
  /** RFC 3339, UTC. */
  timestamp: string
  requestContext: {
    requestId: string
    /** With `:$LATEST`. */
    functionArn: string
    condition: DestinationCondition
    approximateInvokeCount: number
  }
  requestPayload: JsonValue
  /** Missing where the function did not run for this. */
  responseContext?: { statusCode: 200; executedVersion: '$LATEST'; functionError?: 'Unhandled' }
  responsePayload?: JsonValue
}

/** The record of an event that is done with, as JSON. */
export function destinationRecordJson(
  event: { requestId: string; payloadJson: string; functionArn: string; invokeCount: number },
  end: { condition: DestinationCondition; outcome?: Outcome | undefined; nowMs: number },
): string {
  const { outcome } = end
  const record: DestinationRecord = {
    version: '1.0',
    timestamp: new Date(end.nowMs).toISOString(),
    requestContext: {
      requestId: event.requestId,
      functionArn: `${event.functionArn}:$LATEST`,
      condition: end.condition,
      approximateInvokeCount: event.invokeCount,
    },
    requestPayload: JSON.parse(event.payloadJson),
  }
  if (outcome) {
    record.responseContext = {
      statusCode: 200,
      executedVersion: '$LATEST',
      ...(!outcome.ok && { functionError: 'Unhandled' as const }),
    }
    record.responsePayload = outcome.ok ? JSON.parse(outcome.payloadJson) : errorToJson(outcome.error)
  }
  return JSON.stringify(record)
}
