import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb'
import { bridgeError, TABLE_KEYS } from '#contract/index.ts'
import { type Attributes, readAttributes } from './item.ts'
import { type CorrelationRecord, claimRefusal, isCompletedWith, replyOfExecution } from './record.ts'
import type { CorrelationStore } from './store.ts'

type Values = Record<string, { S: string } | { N: string }>

// Times are compared in every condition: DynamoDB deletes expired items days late.
const EXPIRED = 'attribute_not_exists(request_key) OR expires_at_seconds <= :now_seconds'
// A repeat of the same request may claim what failed, what its owner let lapse, and what is its own. Alternatives are written out
// one by one, AND binds before OR: nested parentheses cost dynalite's parser 10 ms a write.
const REPEATABLE = [
  'request_hash = :hash AND #state = :failed',
  'request_hash = :hash AND #state = :pending AND lease_until_ms <= :now_ms',
  'request_hash = :hash AND #state = :pending AND #owner = :owner',
].join(' OR ')
const HELD = '#state = :pending AND #owner = :owner AND fence = :fence'
// the second alternative: the starter died before it could hand the request over
const OF_EXECUTION = [
  'request_hash = :hash AND #state = :running AND execution = :execution',
  'request_hash = :hash AND #state = :pending AND generation = :generation',
].join(' OR ')
const NAMES = { '#state': 'state', '#owner': 'owner' }

/**
 * The store on one DynamoDB table: a claim and a completion are one conditional write each; the old item comes back with a
 * failed condition, so nothing is ever read apart. Throws store_unavailable when DynamoDB does not take the write.
 */
export function createDynamoDbStore(options: {
  client: DynamoDBClient
  tableName: string
  keptSeconds: number
  nowMs?: () => number
}): CorrelationStore {
  const nowMs = options.nowMs ?? Date.now

  /** Returns the new item, or the old one when the condition fails. */
  async function write(
    operation: string,
    key: string,
    input: Pick<UpdateItemCommandInput, 'UpdateExpression' | 'ConditionExpression'> & {
      values: Values
      names?: Record<string, string>
    },
  ): Promise<{ written: boolean; record: CorrelationRecord | undefined }> {
    try {
      const { Attributes } = await options.client.send(
        new UpdateItemCommand({
          TableName: options.tableName,
          Key: { [TABLE_KEYS.correlations.partitionKey]: { S: key } },
          UpdateExpression: input.UpdateExpression,
          ConditionExpression: input.ConditionExpression,
          ExpressionAttributeNames: input.names ?? NAMES,
          ExpressionAttributeValues: input.values,
          ReturnValues: 'UPDATED_NEW',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      )
      return { written: true, record: fromItem(Attributes) }
    } catch (cause) {
      if (cause instanceof ConditionalCheckFailedException) return { written: false, record: fromItem(cause.Item) }
      throw bridgeError('store_unavailable', { operation }, { cause })
    }
  }

  function times(keptSeconds = options.keptSeconds): {
    now: number
    values: { ':now_ms': { N: string }; ':expires': { N: string } }
  } {
    const now = nowMs()
    const expires = Math.ceil(now / 1000) + keptSeconds
    return { now, values: { ':now_ms': { N: String(now) }, ':expires': { N: String(expires) } } }
  }

  return {
    async claim({ key, requestHash, owner, leaseMs, topicKey }) {
      const { now, values } = times()
      const { written, record } = await write('claim', key, {
        UpdateExpression:
          'SET #state = :pending, request_hash = :hash, #owner = :owner, lease_until_ms = :lease, created_at_ms = if_not_exists(created_at_ms, :now_ms), ' +
          'updated_at_ms = :now_ms, expires_at_seconds = :expires, fence = if_not_exists(fence, :zero) + :one, ' +
          `generation = if_not_exists(generation, :zero)${setTopic(topicKey)} REMOVE reply, execution`,
        ConditionExpression: `${EXPIRED} OR ${REPEATABLE}`,
        values: {
          ...values,
          ':now_seconds': { N: String(Math.floor(now / 1000)) },
          ':pending': { S: 'pending' },
          ':failed': { S: 'failed' },
          ':hash': { S: requestHash },
          ':owner': { S: owner },
          ':lease': { N: String(now + leaseMs) },
          ...topicValue(topicKey),
          ':zero': { N: '0' },
          ':one': { N: '1' },
        },
      })
      if (written) {
        return {
          state: 'claimed',
          claim: { key, owner, fence: record?.fence ?? 1, generation: record?.generation ?? 0 },
        }
      }
      if (!record) throw bridgeError('store_unavailable', { operation: 'claim' })
      return claimRefusal(record, requestHash)
    },

    async complete(claim, state, reply) {
      const { key, owner, fence } = claim
      const { values } = times()
      const { written, record } = await write('complete', key, {
        UpdateExpression:
          'SET #state = :state, reply = :reply, generation = :fence, updated_at_ms = :now_ms, expires_at_seconds = :expires',
        ConditionExpression: HELD,
        values: {
          ...values,
          ':state': { S: state },
          ':reply': { S: reply },
          ':pending': { S: 'pending' },
          ':owner': { S: owner },
          ':fence': { N: String(fence) },
        },
      })
      return written || (record !== undefined && isCompletedWith(record, claim, state, reply))
    },

    async abandon({ key, requestHash, owner, topicKey }, reply) {
      const { now, values } = times()
      const { written } = await write('abandon', key, {
        UpdateExpression:
          'SET #state = :failed, request_hash = :hash, #owner = :owner, lease_until_ms = :zero, reply = :reply, ' +
          'created_at_ms = if_not_exists(created_at_ms, :now_ms), updated_at_ms = :now_ms, expires_at_seconds = :expires, ' +
          `fence = if_not_exists(fence, :zero), generation = if_not_exists(fence, :zero)${setTopic(topicKey)}`,
        ConditionExpression: `${EXPIRED} OR #owner = :owner AND #state IN (:pending, :failed) OR #state = :failed AND request_hash = :hash`,
        values: {
          ...values,
          ':now_seconds': { N: String(Math.floor(now / 1000)) },
          ':failed': { S: 'failed' },
          ':pending': { S: 'pending' },
          ':hash': { S: requestHash },
          ':owner': { S: owner },
          ':reply': { S: reply },
          ':zero': { N: '0' },
          ...topicValue(topicKey),
        },
      })
      return written
    },

    async handOver({ key, owner, fence }, execution, keptSeconds) {
      const { values } = times(keptSeconds)
      const { written, record } = await write('hand over', key, {
        UpdateExpression:
          'SET #state = :running, execution = :execution, generation = :fence, updated_at_ms = :now_ms, expires_at_seconds = :expires',
        ConditionExpression: HELD,
        values: {
          ...values,
          ':running': { S: 'running' },
          ':execution': { S: execution },
          ':pending': { S: 'pending' },
          ':owner': { S: owner },
          ':fence': { N: String(fence) },
        },
      })
      return written || record?.execution === execution
    },

    async finish({ key, requestHash, execution, generation }, state, reply) {
      const { values } = times()
      const { written, record } = await write('finish', key, {
        UpdateExpression:
          'SET #state = :state, reply = :reply, execution = :execution, generation = fence, updated_at_ms = :now_ms, expires_at_seconds = :expires',
        ConditionExpression: OF_EXECUTION,
        names: { '#state': 'state' },
        values: {
          ...values,
          ':state': { S: state },
          ':reply': { S: reply },
          ':hash': { S: requestHash },
          ':execution': { S: execution },
          ':generation': { N: String(generation) },
          ':running': { S: 'running' },
          ':pending': { S: 'pending' },
        },
      })
      if (written) return reply
      return record?.request_hash === requestHash ? replyOfExecution(record, execution) : undefined
    },
  }
}

function setTopic(topicKey: string | undefined): string {
  return topicKey === undefined ? '' : ', topic_key = :topic_key'
}

function topicValue(topicKey: string | undefined): Values {
  return topicKey === undefined ? {} : { ':topic_key': { S: topicKey } }
}

function fromItem(item: Attributes | undefined): CorrelationRecord | undefined {
  return item && (readAttributes(item) as unknown as CorrelationRecord)
}
