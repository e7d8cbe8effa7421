import * as z from 'zod'
import {
  bridgeError,
  describeIssue,
  eventOrder,
  type LifecycleEvent,
  lifecycleEventSchema,
  type PresenceCheck,
  presenceCheckSchema,
  ruleEventSchema,
} from '#contract/index.ts'
import { faultCode } from '../shared/fault-code.ts'
import type { Observer } from '../shared/observability.ts'
import type { PresenceTable } from './presence-table.ts'

export interface PresenceDependencies {
  table: PresenceTable
  /** Has a check handed to this function again, after the time that a client may be away. */
  defer(check: PresenceCheck): Promise<void>
  observer: Observer
}

/** Messages of the queue that holds checks back. https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
const queueEventSchema = z.object({ Records: z.array(z.object({ messageId: z.string(), body: z.string() })) })

interface BatchResponse {
  batchItemFailures: { itemIdentifier: string }[]
}

/**
 * Follows who is connected. Events come from the topic rules in any order and more than once. A disconnection is looked at again after the grace
 * time, by a message that was held back until then: nothing waits and is paid for. Throws lifecycle_event_invalid; what DynamoDB or SQS does not
 * take fails the invocation, which is then repeated.
 */
export function createPresence(dependencies: PresenceDependencies): (event: unknown) => Promise<BatchResponse | null> {
  const { table, defer, observer } = dependencies

  return async (event) => {
    try {
      const batch = queueEventSchema.safeParse(event).data
      if (batch) return await confirmAll(batch.Records)
      await follow(readEvent(event))
      return null
    } catch (error) {
      observer.count('SystemFaults', 1, faultCode(error))
      observer.error('presence_failed', nameOf(error))
      throw error
    } finally {
      observer.flush()
    }
  }

  async function follow(event: LifecycleEvent): Promise<void> {
    const kept = await table.keep(event)
    observer.info('presence', { client_id: event.clientId, event: event.eventType, result: kept.result })
    // also when it is repeated: what ended between the write and the message is made good by the repeat
    if (event.eventType === 'disconnected' && kept.result !== 'stale' && kept.announced === 'connected') {
      await defer({ client_id: event.clientId, event_order: eventOrder(event), at_ms: event.timestamp })
    }
  }

  /** One that fails comes back, and does not hold up the others. */
  async function confirmAll(records: { messageId: string; body: string }[]): Promise<BatchResponse> {
    const failures = await Promise.all(
      records.map(async ({ messageId, body }) => {
        try {
          const check = readCheck(body)
          const isGone = await table.confirm(check)
          if (isGone) observer.info('presence', { client_id: check.client_id, event: 'gone' })
          return []
        } catch (error) {
          observer.count('SystemFaults', 1, faultCode(error))
          observer.error('presence_check_failed', nameOf(error))
          return [{ itemIdentifier: messageId }]
        }
      }),
    )
    return { batchItemFailures: failures.flat() }
  }
}

function readEvent(event: unknown): LifecycleEvent {
  const rule = ruleEventSchema.safeParse(event)
  if (!rule.success) throw bridgeError('lifecycle_event_invalid', { problem: describeIssue(rule.error) })
  const parsed = lifecycleEventSchema.safeParse(jsonOf(Buffer.from(rule.data.payload, 'base64').toString('utf8')))
  if (!parsed.success) throw bridgeError('lifecycle_event_invalid', { problem: describeIssue(parsed.error) })
  return parsed.data
}

function readCheck(body: string): PresenceCheck {
  const parsed = presenceCheckSchema.safeParse(jsonOf(body))
  if (!parsed.success) throw bridgeError('lifecycle_event_invalid', { problem: describeIssue(parsed.error) })
  return parsed.data
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function nameOf(error: unknown): Record<string, unknown> {
  return error instanceof Error ? { code: error.name, ...('code' in error && { reason: error.message }) } : {}
}
