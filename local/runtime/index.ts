export type { RuntimeOptions } from './options.ts'
export { type Runtime, startRuntime } from './start.ts'
