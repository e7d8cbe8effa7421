import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { deploymentNames } from '#contract/index.ts'
import { createRequestRecords } from '../requests/request-records.ts'
import type { Target } from '../target.ts'

const LOOKED_AT = 2_000
/** A page asks often; the table is asked no more than this. */
const KEPT_MS = 500

/** The states of correlation records by their ids, a moment old at most. */
export function openRequestStates(target: Target): () => Promise<ReadonlyMap<string, string>> {
  const records = createRequestRecords(new DynamoDBClient(target.aws), deploymentNames(target.stage).correlationTable)
  let known: { atMs: number; states: Promise<ReadonlyMap<string, string>> } | undefined

  async function read(): Promise<ReadonlyMap<string, string>> {
    const { rows } = await records.list({ maxScanned: LOOKED_AT, keep: () => true })
    return new Map(rows.map(({ id, state }) => [id, state]))
  }

  return () => {
    if (!known || Date.now() - known.atMs > KEPT_MS) known = { atMs: Date.now(), states: read() }
    return known.states
  }
}
