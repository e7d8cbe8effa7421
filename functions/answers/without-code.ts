import { isBridgeError } from '#contract/index.ts'

/**
 * Takes the code from what a call throws. The chain answers a coded error, and the message is done with; without one the invocation fails, and
 * Lambda repeats it or moves it to the dead-letter queue: an answer must not be lost because a store was busy.
 */
export async function withoutCode<Value>(call: () => Promise<Value>): Promise<Value> {
  try {
    return await call()
  } catch (cause) {
    throw isBridgeError(cause) ? new Error(cause.message, { cause }) : cause
  }
}
