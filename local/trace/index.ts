export { HOP_KINDS, type Hop, type HopKind, type HopOutcome, type Trace } from './hop.ts'
export { createTraceRecorder, TRACE_LIMITS, type TraceRecorder } from './recorder.ts'
