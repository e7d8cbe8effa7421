import { createMemoryStore } from '#correlation/index.ts'
import { testCorrelationStore } from '../conformance/correlation-store.ts'

testCorrelationStore({
  name: 'memory',
  create: async (options) => ({ store: createMemoryStore(options), async [Symbol.asyncDispose]() {} }),
})
