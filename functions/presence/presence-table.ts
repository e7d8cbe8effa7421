import { ConditionalCheckFailedException, type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import {
  eventOrder,
  type LifecycleEvent,
  PRESENCE_LIMITS,
  type PresenceCheck,
  type PresenceRecord,
  TABLE_KEYS,
} from '#contract/index.ts'

/** Keeps the last state of each client. */
export interface PresenceTable {
  /**
   * Keeps an event. `kept`: it is the newest. `repeated`: it was kept before. `stale`: a newer one is. With the state that is announced
   * then, unless stale.
   */
  keep(
    event: LifecycleEvent,
  ): Promise<{ result: 'kept' | 'repeated'; announced: PresenceRecord['announced'] } | { result: 'stale' }>
  /** Announces a disconnection that nothing has followed. False when something has, or when it is announced already. */
  confirm(check: PresenceCheck): Promise<boolean>
}

type Value = { S: string } | { N: string }

// Alternatives without parentheses: AND binds before OR. A version counts only among events of about the same time.
const NEWER = 'attribute_not_exists(client_id) OR at_ms < :before OR at_ms <= :after AND event_order < :order'

/** The table on DynamoDB: one conditional write an event and a check. What DynamoDB does not take is thrown as it is. */
export function createPresenceTable(options: { client: DynamoDBClient; tableName: string }): PresenceTable {
  async function update(
    clientId: string,
    input: { expression: string; condition: string; values: Record<string, Value | undefined> },
  ): Promise<{ isWritten: boolean; item: Record<string, Value> }> {
    const values = Object.entries(input.values).filter((entry): entry is [string, Value] => entry[1] !== undefined)
    try {
      const { Attributes = {} } = await options.client.send(
        new UpdateItemCommand({
          TableName: options.tableName,
          Key: { [TABLE_KEYS.presence.partitionKey]: { S: clientId } },
          UpdateExpression: input.expression,
          ConditionExpression: input.condition,
          ExpressionAttributeValues: Object.fromEntries(values),
          ...(input.expression.includes('#state') && { ExpressionAttributeNames: { '#state': 'state' } }),
          ReturnValues: 'ALL_NEW',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      )
      return { isWritten: true, item: Attributes as Record<string, Value> }
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error
      return { isWritten: false, item: (error.Item ?? {}) as Record<string, Value> }
    }
  }

  return {
    async keep(event) {
      const order = eventOrder(event)
      const { isWritten, item } = await update(event.clientId, {
        expression: event.eventType === 'connected' ? connectedExpression(event) : disconnectedExpression(event),
        condition: NEWER,
        values: {
          ':state': { S: event.eventType },
          ':order': { N: String(order) },
          ':at': { N: String(event.timestamp) },
          ':before': { N: String(event.timestamp - PRESENCE_LIMITS.sameVersionsMs) },
          ':after': { N: String(event.timestamp + PRESENCE_LIMITS.sameVersionsMs) },
          ':session': optionalText(event.sessionIdentifier),
          ':ip': event.eventType === 'connected' ? optionalText(event.ipAddress) : undefined,
          ':reason': event.eventType === 'disconnected' ? optionalText(event.disconnectReason) : undefined,
        },
      })
      const announced = textOf(item.announced) === 'connected' ? 'connected' : 'disconnected'
      if (isWritten) return { result: 'kept', announced }
      const isSame = numberOf(item.event_order) === order && numberOf(item.at_ms) === event.timestamp
      return isSame ? { result: 'repeated', announced } : { result: 'stale' }
    },

    async confirm({ client_id, event_order, at_ms }) {
      const { isWritten } = await update(client_id, {
        expression: 'SET announced = :disconnected',
        condition: 'event_order = :order AND at_ms = :at AND announced = :connected',
        values: {
          ':disconnected': { S: 'disconnected' },
          ':connected': { S: 'connected' },
          ':order': { N: String(event_order) },
          ':at': { N: String(at_ms) },
        },
      })
      return isWritten
    },
  }
}

const SET_EVENT = 'SET #state = :state, event_order = :order, at_ms = :at'

/** Whoever is back before the disconnection was announced is announced as before: nothing changes for others. */
function connectedExpression({ sessionIdentifier, ipAddress }: LifecycleEvent): string {
  const set = [
    `${SET_EVENT}, announced = :state, connected_at_ms = :at`,
    ...(sessionIdentifier ? ['session_id = :session'] : []),
    ...(ipAddress ? ['ip_address = :ip'] : []),
  ]
  const gone = ['disconnect_reason', ...(sessionIdentifier ? [] : ['session_id']), ...(ipAddress ? [] : ['ip_address'])]
  return `${set.join(', ')} REMOVE ${gone.join(', ')}`
}

/** A client that is first heard of when it goes was never announced. */
function disconnectedExpression({ sessionIdentifier, disconnectReason }: LifecycleEvent): string {
  const set = [
    `${SET_EVENT}, announced = if_not_exists(announced, :state)`,
    ...(sessionIdentifier ? ['session_id = :session'] : []),
    ...(disconnectReason ? ['disconnect_reason = :reason'] : []),
  ]
  return `${set.join(', ')}${disconnectReason ? '' : ' REMOVE disconnect_reason'}`
}

function optionalText(text: string | undefined): Value | undefined {
  return text ? { S: text } : undefined
}

function textOf(value: Value | undefined): string | undefined {
  return value && 'S' in value ? value.S : undefined
}

function numberOf(value: Value | undefined): number | undefined {
  return value && 'N' in value ? Number(value.N) : undefined
}
