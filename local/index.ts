export type { RuntimeLog, RuntimeLogEntry } from './iot/index.ts'
export type { LogLine } from './lambda/index.ts'
export { type Runtime, type RuntimeOptions, startRuntime } from './runtime/index.ts'
