import { createMemoryStore } from '#correlation/index.ts'
import { type CorrelationStoreSuite, testCorrelationStore } from '../conformance/correlation-store.ts'
import { testWorkflowRequests } from '../conformance/workflow-requests.ts'

const suite: CorrelationStoreSuite = {
  name: 'memory',
  create: async (options) => ({ store: createMemoryStore(options), async [Symbol.asyncDispose]() {} }),
}
testCorrelationStore(suite)
testWorkflowRequests(suite)
