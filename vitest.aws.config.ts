import { defineConfig } from 'vitest/config'

/** Started by test/aws/run.ts alone, which asks first. */
export default defineConfig({
  test: { include: ['test/aws/aws.test.ts'], testTimeout: 120_000, hookTimeout: 60_000, fileParallelism: false },
})
