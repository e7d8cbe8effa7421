import { createMemoryDeviceRequests } from '#correlation/index.ts'
import { testDeviceRequests } from '../conformance/device-requests.ts'

testDeviceRequests({
  name: 'memory',
  create: async (options) => ({ store: createMemoryDeviceRequests(options), async [Symbol.asyncDispose]() {} }),
})
