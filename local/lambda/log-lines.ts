/** What a function, or the runtime about it, writes to its log group. */
export interface LogLine {
  functionName: string
  /** Missing for what is written outside an invocation. */
  requestId?: string | undefined
  /** One log event; may hold line breaks. */
  text: string
}

/** Figures of one invocation for its REPORT line. */
export interface InvocationFigures {
  requestId: string
  memoryMb: number
  durationMs: number
  /** Only for the first invocation of an environment. */
  initDurationMs?: number | undefined
  heapUsedBytes?: number | undefined
  /** Only where the runtime had to end the function. */
  failure?: { status: 'timeout' | 'error'; errorType: string } | undefined
}

/** First line of an invocation. https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html */
export function startLine(requestId: string): string {
  return `START RequestId: ${requestId} Version: $LATEST`
}

/** Last but one line of an invocation. */
export function endLine(requestId: string): string {
  return `END RequestId: ${requestId}`
}

/** Last line of an invocation. "Max Memory Used" is the heap in use at its end: buffers are not counted. */
export function reportLine(figures: InvocationFigures): string {
  const { requestId, memoryMb, durationMs, initDurationMs, heapUsedBytes, failure } = figures
  return [
    `REPORT RequestId: ${requestId}`,
    `Duration: ${durationMs.toFixed(2)} ms`,
    `Billed Duration: ${Math.ceil(durationMs + (initDurationMs ?? 0))} ms`,
    `Memory Size: ${memoryMb} MB`,
    ...(heapUsedBytes === undefined ? [] : [`Max Memory Used: ${Math.ceil(heapUsedBytes / 2 ** 20)} MB`]),
    ...(initDurationMs === undefined ? [] : [`Init Duration: ${initDurationMs.toFixed(2)} ms`]),
    ...(failure ? [`Status: ${failure.status}`] : []),
    ...(failure?.status === 'error' ? [`Error Type: ${failure.errorType}`] : []),
  ].join('\t')
}
