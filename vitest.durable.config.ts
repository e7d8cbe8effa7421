import { defineConfig } from 'vitest/config'

// A run of its own: the runner of the durable SDK's testing package keeps its process from ending, and a run of many files waits for that.
export default defineConfig({
  test: { include: ['test/local/durable/conformance.test.ts'], testTimeout: 60_000, hookTimeout: 120_000 },
})
