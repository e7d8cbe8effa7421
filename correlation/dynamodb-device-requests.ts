import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { bridgeError, completionSchema, TABLE_KEYS } from '#contract/index.ts'
import {
  beginsAnew,
  type DeviceRequestRecord,
  extendedDeadline,
  refusalToOpen,
  refusalToSettle,
  UNSENT,
} from './device-request-record.ts'
import type { DeviceRequests } from './device-requests.ts'
import { type Attributes, readAttributes } from './item.ts'

type Values = Record<string, { S: string } | { N: string }>

// Times are compared in every condition: DynamoDB deletes expired items days late.
const EXPIRED = 'attribute_not_exists(request_key) OR expires_at_seconds <= :now_seconds'
const LIVE = 'expires_at_seconds > :now_seconds'
const NEVER_SENT = `${LIVE} AND #state = :failed AND answer_id = :unsent AND request_hash = :new_request_hash`
const ANSWERABLE = `${LIVE} AND #state = :pending AND answer_topic = :answer_topic AND deadline_ms > :at`

/**
 * Requests to devices on one DynamoDB table, that of the correlations. A request without completion costs two writes, one with a completion
 * three; nothing is read unless somebody looks. Throws store_unavailable when DynamoDB does not take a call.
 */
export function createDynamoDbDeviceRequests(options: {
  client: DynamoDBClient
  tableName: string
  keptSeconds: number
  nowMs?: () => number
}): DeviceRequests {
  const nowMs = options.nowMs ?? Date.now
  const keyOf = (key: string) => ({ [TABLE_KEYS.correlations.partitionKey]: { S: key } })

  /** Returns the new item, or the old one when the condition fails. */
  async function write(
    operation: string,
    key: string,
    { set, condition, values = {} }: { set: string; condition: string; values?: Values },
  ): Promise<{ written: boolean; record: DeviceRequestRecord | undefined }> {
    const now = nowMs()
    const common = { ':now_ms': { N: String(now) }, ':now_seconds': { N: String(Math.floor(now / 1000)) } }
    try {
      const { Attributes: item } = await options.client.send(
        new UpdateItemCommand({
          TableName: options.tableName,
          Key: keyOf(key),
          UpdateExpression: `SET updated_at_ms = :now_ms, ${set}`,
          ConditionExpression: condition,
          ...(`${set} ${condition}`.includes('#state') && { ExpressionAttributeNames: { '#state': 'state' } }),
          ExpressionAttributeValues: { ...common, ...values },
          ReturnValues: 'ALL_NEW',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      )
      return { written: true, record: recordOf(item) }
    } catch (cause) {
      if (cause instanceof ConditionalCheckFailedException)
        return { written: false, record: live(recordOf(cause.Item)) }
      throw bridgeError('store_unavailable', { operation }, { cause })
    }
  }

  function live(record: DeviceRequestRecord | undefined): DeviceRequestRecord | undefined {
    return record && record.expires_at_seconds * 1000 > nowMs() ? record : undefined
  }

  return {
    async open(request) {
      const { key, requestHash, completion } = request
      const fresh = newRequest(request, nowMs(), options.keptSeconds)
      let { written, record } = await write('open', key, fresh)
      if (!record) throw bridgeError('store_unavailable', { operation: 'open' })
      if (written) return { state: 'opened', record }
      const state = refusalToOpen(record, requestHash)
      if (state === 'repeated' && beginsAnew(record, completion)) {
        const values = { ...fresh.values, ':failed': { S: 'failed' }, ':unsent': { S: UNSENT } }
        const anew = await write('open anew', key, { ...fresh, condition: NEVER_SENT, values })
        record = anew.record ?? record
        if (anew.written) return { state: 'opened', record }
      }
      if (state === 'conflict' || record.state !== 'pending') return { state, record }
      const again = await write('open again', key, {
        set: `attempts = attempts + :one${completion ? ', completion = :completion' : ''}`,
        condition: `${LIVE} AND #state = :pending`,
        values: {
          ':one': { N: '1' },
          ':pending': { S: 'pending' },
          ...(completion && { ':completion': { S: JSON.stringify(completion) } }),
        },
      })
      return { state, record: again.record ?? record }
    },

    async find(key, { consistent = false } = {}) {
      const read = new GetItemCommand({ TableName: options.tableName, Key: keyOf(key), ConsistentRead: consistent })
      try {
        return live(recordOf((await options.client.send(read)).Item))
      } catch (cause) {
        throw bridgeError('store_unavailable', { operation: 'find' }, { cause })
      }
    },

    async settle(key, settlement) {
      const { state, outcome, answerId, answerTopic, atMs } = settlement
      const { written, record } = await write('settle', key, {
        set: '#state = :state, outcome = :outcome, answer_id = :answer_id',
        condition: ANSWERABLE,
        values: {
          ':state': { S: state },
          ':outcome': { S: outcome },
          ':answer_id': { S: answerId },
          ...answerable(answerTopic, atMs),
        },
      })
      return { state: written ? 'stored' : refusalToSettle(record, settlement), record }
    },

    async extend(key, { answerTopic, atMs }) {
      const known = await this.find(key, { consistent: true })
      if (known?.answer_topic !== answerTopic) return { state: 'unknown', record: known }
      const deadline = extendedDeadline(known, atMs)
      // another progress may have moved it further meanwhile: then this one changes nothing, and is not late
      if (known.state === 'pending' && known.deadline_ms > atMs && known.deadline_ms >= deadline) {
        return { state: 'extended', record: known }
      }
      const { written, record } = await write('extend', key, {
        set: 'deadline_ms = :deadline',
        condition: ANSWERABLE,
        values: { ':deadline': { N: String(deadline) }, ...answerable(answerTopic, atMs) },
      })
      return { state: written ? 'extended' : 'late', record: record ?? known }
    },

    async expire(key, outcome) {
      const { record } = await write('expire', key, {
        set: '#state = :expired, outcome = :outcome',
        condition: `${LIVE} AND #state = :pending AND deadline_ms <= :now_ms`,
        values: { ':expired': { S: 'expired' }, ':outcome': { S: outcome }, ':pending': { S: 'pending' } },
      })
      return record
    },

    async markResumed(key) {
      await write('mark resumed', key, { set: 'resumed_at_ms = :now_ms', condition: LIVE })
    },
  }
}

function answerable(answerTopic: string, atMs: number): Values {
  return { ':pending': { S: 'pending' }, ':answer_topic': { S: answerTopic }, ':at': { N: String(atMs) } }
}

/** A record that takes the place of one which has expired keeps nothing of it. */
function newRequest(
  request: Parameters<DeviceRequests['open']>[0],
  now: number,
  keptSeconds: number,
): { set: string; condition: string; values: Values } {
  const texts = {
    request_hash: request.requestHash,
    client_id: request.clientId,
    correlation_id: request.correlationId,
    topic: request.topic,
    answer_topic: request.answerTopic,
    asked_by: request.askedBy,
    ...(request.completion && { completion: JSON.stringify(request.completion) }),
  }
  const numbers = {
    attempts: 1,
    created_at_ms: now,
    deadline_ms: now + request.waitMs,
    wait_ms: request.waitMs,
    ends_at_ms: now + request.longestWaitMs,
    expires_at_seconds: Math.ceil((now + request.longestWaitMs) / 1000) + keptSeconds,
  }
  const values: Values = { ':new_state': { S: 'pending' } }
  for (const [name, text] of Object.entries(texts)) values[`:new_${name}`] = { S: text }
  for (const [name, number] of Object.entries(numbers)) values[`:new_${name}`] = { N: String(number) }
  const names = [...Object.keys(texts), ...Object.keys(numbers)]
  const gone = ['outcome', 'answer_id', 'resumed_at_ms', ...(request.completion ? [] : ['completion'])]
  return {
    set: `#state = :new_state, ${names.map((name) => `${name} = :new_${name}`).join(', ')} REMOVE ${gone.join(', ')}`,
    condition: EXPIRED,
    values,
  }
}

function recordOf(item: Attributes | undefined): DeviceRequestRecord | undefined {
  if (!item) return undefined
  const { completion, ...attributes } = readAttributes(item)
  const record = attributes as unknown as DeviceRequestRecord
  if (typeof completion === 'string') record.completion = completionSchema.parse(JSON.parse(completion))
  return record
}
