import { type DynamoDBClient, GetItemCommand, paginateScan } from '@aws-sdk/client-dynamodb'
import { TABLE_KEYS } from '#contract/index.ts'
import { deviceRequestId } from '#correlation/index.ts'

/** One request of either direction, as the table of the correlations has it. */
export interface RequestRow {
  /** `<client id>~<correlation id>` of what a device was asked, `<client id>#<correlation id>` of what a device asked. */
  id: string
  direction: 'to device' | 'from device'
  client_id: string
  state: string
  age_seconds: number
  attempts: number
  /** Who asked. */
  asked_by: string
  /** Until when an answer is taken, and whether the one that waits was told; of what devices are asked. */
  deadline_at?: string
  topic?: string
  waits?: string
  told_at?: string
  /** The execution that has it; of what devices ask. */
  execution?: string
}

export interface RequestPage {
  rows: RequestRow[]
  /** Records that were looked at, and whether that was all there is. */
  scanned: number
  isWhole: boolean
}

type Item = Record<string, { S?: string; N?: string }>

/** Newest first. Payloads and answers are not among what is read. */
const READ = [
  'request_key',
  '#state',
  'client_id',
  'asked_by',
  'attempts',
  'fence',
  'created_at_ms',
  'deadline_ms',
  'completion',
  'resumed_at_ms',
  'execution',
  'topic',
  'topic_key',
]

export interface RequestRecords {
  /** Looks at no more than `maxScanned` records: a table of a busy deployment has millions. */
  list(options: { maxScanned: number; keep: (row: RequestRow) => boolean }): Promise<RequestPage>
  /** One record; undefined for none. `id` as it is listed. */
  find(id: string): Promise<RequestRow | undefined>
}

/** The same calls on AWS and on this machine. */
export function createRequestRecords(
  client: DynamoDBClient,
  TableName: string,
  nowMs: () => number = Date.now,
): RequestRecords {
  const projection = {
    ProjectionExpression: READ.join(', '),
    ExpressionAttributeNames: { '#state': 'state' },
  }
  return {
    async list({ maxScanned, keep }) {
      const found: { row: RequestRow; createdAtMs: number }[] = []
      const rows = () => found.sort((one, other) => other.createdAtMs - one.createdAtMs).map(({ row }) => row)
      let scanned = 0
      const pages = paginateScan({ client, pageSize: Math.min(maxScanned, 1_000) }, { TableName, ...projection })
      for await (const { Items = [], ScannedCount = Items.length, LastEvaluatedKey } of pages) {
        scanned += ScannedCount
        for (const item of Items as Item[]) {
          const row = rowOf(item, nowMs())
          if (keep(row)) found.push({ row, createdAtMs: Number(item.created_at_ms?.N ?? 0) })
        }
        if (LastEvaluatedKey && scanned >= maxScanned) return { rows: rows(), scanned, isWhole: false }
      }
      return { rows: rows(), scanned, isWhole: true }
    },

    async find(id) {
      const key = id.includes('~') ? `>${id.replace('~', '#')}` : id
      const Key = { [TABLE_KEYS.correlations.partitionKey]: { S: key } }
      const { Item } = await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true, ...projection }))
      return Item && rowOf(Item as Item, nowMs())
    },
  }
}

function rowOf(item: Item, nowMs: number): RequestRow {
  const text = (name: string) => item[name]?.S
  const number = (name: string) => Number(item[name]?.N ?? 0)
  const at = (name: string) => (item[name]?.N === undefined ? undefined : new Date(number(name)).toISOString())
  const key = text('request_key') ?? ''
  const isToDevice = key.startsWith('>')
  const state = text('state') ?? 'unknown'
  const isOver = isToDevice && state === 'pending' && number('deadline_ms') <= nowMs
  const age_seconds = Math.max(0, Math.round((nowMs - number('created_at_ms')) / 1_000))
  if (!isToDevice) {
    const [client_id = ''] = key.split('#')
    const execution = text('execution')
    const topicKey = text('topic_key')
    return {
      id: key,
      direction: 'from device',
      client_id,
      state,
      age_seconds,
      attempts: number('fence'),
      asked_by: client_id,
      ...(topicKey !== undefined && { topic: topicKey }),
      ...(execution !== undefined && { execution }),
    }
  }
  const told_at = at('resumed_at_ms')
  const completion = text('completion')
  const deadline_at = at('deadline_ms')
  const topic = text('topic')
  return {
    id: deviceRequestId(key),
    direction: 'to device',
    client_id: text('client_id') ?? '',
    state: isOver ? 'expired' : state,
    age_seconds,
    attempts: number('attempts'),
    asked_by: text('asked_by') ?? '',
    ...(topic !== undefined && { topic }),
    ...(deadline_at !== undefined && { deadline_at }),
    ...(completion !== undefined && { waits: (JSON.parse(completion) as { kind: string }).kind }),
    ...(told_at !== undefined && { told_at }),
  }
}
