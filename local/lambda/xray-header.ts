/** What Lambda puts into the environment of an invocation, and the SDK into each of its calls. */
export function xrayHeader(traceId: string, requestId: string): string {
  return `Root=1-${traceId.slice(0, 8)}-${traceId.slice(8)};Parent=${spanOf(requestId)};Sampled=0`
}

/** Trace and span of an `x-amzn-trace-id`. */
export function readXrayHeader(header: unknown): { traceId: string; span: string } | undefined {
  const found =
    typeof header === 'string' ? /Root=1-([0-9a-f]{8})-([0-9a-f]{24});Parent=([0-9a-f]{16})/.exec(header) : null
  return found ? { traceId: `${found[1]}${found[2]}`, span: found[3] ?? '' } : undefined
}

/** An invocation is a span of its trace. */
export function spanOf(requestId: string): string {
  return requestId.replaceAll('-', '').slice(0, 16)
}
