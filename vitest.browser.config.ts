import { defineConfig } from 'vitest/config'

/** Pages in headless Chromium, which must be installed: Debian's package `chromium`. */
export default defineConfig({
  test: { include: ['test/browser/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 120_000 },
})
