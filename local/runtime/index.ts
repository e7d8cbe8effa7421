export type { RuntimeOptions } from './options.ts'
export { RATE_LIMIT_MODES, type RateLimitMode } from './rate-limits.ts'
export { type Runtime, startRuntime } from './start.ts'
