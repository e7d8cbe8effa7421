import { ConditionalCheckFailedException, type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { bridgeError, type ErrorNotification } from '#contract/index.ts'
import { STATUS_TABLE_KEYS } from './env.ts'

/** How long the last word of a silent client is kept. */
export const KEPT_SECONDS = 30 * 24 * 60 * 60
/** Largest status that is kept, as JSON; an item of DynamoDB ends at 400 KB. */
export const MAX_KEPT_BYTES = 64 * 1024

/** `device_status` and `telemetry` are those of the device's own topics. */
export type StateKind = 'status' | 'heartbeat' | 'device_status' | 'telemetry'

/** Keeps the last state of each client. */
export interface StatusStore {
  /**
   * Keeps the last of a kind; one older than what is kept changes nothing. Throws payload_too_large over
   * {@link MAX_KEPT_BYTES}.
   */
  keep(kind: StateKind, event: { clientId: string; receivedAtMs: number; payload: unknown }): Promise<void>
  /** Counts an error; the last one is remembered by code, component and severity. Counts a repeated delivery again. */
  countError(event: { clientId: string; receivedAtMs: number; payload: ErrorNotification }): Promise<void>
}

type Values = Record<string, { S: string } | { N: string }>

const NOT_OLDER = 'attribute_not_exists(received_at_ms) OR received_at_ms <= :received'
const SET_TIMES = 'received_at_ms = :received, expires_at_seconds = :expires'

/**
 * The store on one DynamoDB table, one write an event. What DynamoDB does not take is thrown as it is: without a code the
 * invocation fails, and Lambda repeats it or moves it to the dead-letter queue.
 */
export function createStatusTable(options: { client: DynamoDBClient; tableName: string }): StatusStore {
  /** Returns false when the condition did not hold. */
  async function update(
    { clientId, kind }: { clientId: string; kind: string },
    change: { expression: string; condition?: string; values: Values },
  ): Promise<boolean> {
    try {
      await options.client.send(
        new UpdateItemCommand({
          TableName: options.tableName,
          Key: { [STATUS_TABLE_KEYS.partitionKey]: { S: clientId }, [STATUS_TABLE_KEYS.sortKey]: { S: kind } },
          UpdateExpression: change.expression,
          ...(change.condition !== undefined && { ConditionExpression: change.condition }),
          ExpressionAttributeValues: change.values,
        }),
      )
      return true
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false
      throw error
    }
  }

  return {
    async keep(kind, { clientId, receivedAtMs, payload }) {
      const text = JSON.stringify(payload)
      const actualBytes = Buffer.byteLength(text)
      if (actualBytes > MAX_KEPT_BYTES)
        throw bridgeError('payload_too_large', { limitBytes: MAX_KEPT_BYTES, actualBytes })
      await update(
        { clientId, kind },
        {
          expression: `SET payload = :payload, ${SET_TIMES}`,
          condition: NOT_OLDER,
          values: { ...times(receivedAtMs), ':payload': { S: text } },
        },
      )
    },

    async countError({ clientId, receivedAtMs, payload }) {
      const key = { clientId, kind: 'errors' }
      const one: Values = { ':one': { N: '1' } }
      const isNewest = await update(key, {
        expression: `SET last_code = :code, last_component = :component, last_severity = :severity, ${SET_TIMES} ADD error_count :one`,
        condition: NOT_OLDER,
        values: {
          ...one,
          ...times(receivedAtMs),
          ':code': { S: kept(payload.code) },
          ':component': { S: kept(payload.component) },
          ':severity': { S: payload.severity },
        },
      })
      if (!isNewest) await update(key, { expression: 'ADD error_count :one', values: one })
    },
  }
}

function times(receivedAtMs: number): Values {
  const expires = Math.ceil(receivedAtMs / 1000) + KEPT_SECONDS
  return { ':received': { N: String(receivedAtMs) }, ':expires': { N: String(expires) } }
}

/** Free text of a device, short and as Unicode, which is all DynamoDB takes. */
function kept(text: string): string {
  return text.slice(0, 256).toWellFormed()
}
