/** What every SDK client of a function is made with. */
export interface SdkSettings {
  maxAttempts: number
  requestHandler: { connectionTimeout: number; requestTimeout: number; throwOnRequestTimeout: true }
}

/**
 * Settings that end a call which hangs: without `throwOnRequestTimeout` the SDK only warns. All attempts of all calls of one invocation
 * must fit into the function's time, so that a slow service is answered with a code.
 */
export function sdkSettings(limits: { maxAttempts: number; requestTimeoutMs: number }): SdkSettings {
  const { maxAttempts, requestTimeoutMs } = limits
  return {
    maxAttempts,
    requestHandler: {
      connectionTimeout: Math.min(1_000, requestTimeoutMs),
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
    },
  }
}
