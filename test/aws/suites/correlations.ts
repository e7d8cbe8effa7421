import { randomUUID } from 'node:crypto'
import { type Claim, type CorrelationStore, createDynamoDbStore } from '#correlation/index.ts'
import { type CorrelationStoreSuite, testCorrelationStore } from '../../conformance/correlation-store.ts'
import { testWorkflowRequests } from '../../conformance/workflow-requests.ts'
import type { Service } from '../service.ts'

/** The suite of every correlation store, on the table of the deployment. What it leaves there goes by its time to live. */
export function testCorrelations(service: () => Service): void {
  const suite: CorrelationStoreSuite = {
    name: 'the table of the deployment',
    async create(options) {
      const { dynamoDb, names } = service()
      const store = createDynamoDbStore({ client: dynamoDb, tableName: names.correlationTable, ...options })
      return { store: apart(store), async [Symbol.asyncDispose]() {} }
    },
  }
  testCorrelationStore(suite)
  testWorkflowRequests(suite)
}

/** A table has other records; under keys of its own a store is as if it had none. */
function apart(store: CorrelationStore): CorrelationStore {
  const prefix = `conformance-${randomUUID()}#`
  const there = <Keyed extends { key: string }>(keyed: Keyed): Keyed => ({ ...keyed, key: prefix + keyed.key })
  const back = (claim: Claim): Claim => ({ ...claim, key: claim.key.slice(prefix.length) })
  return {
    async claim(request) {
      const result = await store.claim(there(request))
      return result.state === 'claimed' ? { ...result, claim: back(result.claim) } : result
    },
    complete: (claim, state, reply) => store.complete(there(claim), state, reply),
    abandon: (request, reply) => store.abandon(there(request), reply),
    handOver: (claim, execution, keptSeconds) => store.handOver(there(claim), execution, keptSeconds),
    finish: (execution, state, reply) => store.finish(there(execution), state, reply),
  }
}
