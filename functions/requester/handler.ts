import type { DeviceRequestState } from '#contract/index.ts'
import { completionSchema, deviceRequestSchema, ERRORS, isBridgeError } from '#contract/index.ts'
import type { AskDevice } from '../shared/asking/ask-device.ts'
import { loggable } from '../shared/loggable.ts'
import type { Observer } from '../shared/observability.ts'
import { inTrace } from '../shared/trace.ts'

/**
 * Asks a device on behalf of a workflow or of anybody in the account who may invoke this: `deviceRequestSchema` in, `DeviceRequestState`
 * out. Rejects with the code as the name of the error, which is what the engines match on.
 */
export function createRequester(dependencies: {
  ask: AskDevice
  observer: Observer
}): (event: unknown) => Promise<DeviceRequestState> {
  const { ask, observer } = dependencies
  return (event) =>
    inTrace(deviceRequestSchema.shape.trace_id.safeParse(Object(event).trace_id).data, () => request(event))

  async function request(event: unknown): Promise<DeviceRequestState> {
    try {
      return await ask(event, whoAsks(event))
    } catch (error) {
      const coded = isBridgeError(error) ? error : undefined
      const isSystem = !coded || ERRORS[coded.code].fault === 'system'
      observer.count('DeviceRequestsRefused')
      if (isSystem) observer.count('SystemFaults', 1, coded ? { code: coded.code } : {})
      observer[isSystem ? 'error' : 'warn']('device_request_refused', {
        code: coded?.code,
        ...(coded ? loggable(coded) : { reason: error instanceof Error ? error.name : 'unknown' }),
      })
      throw error
    } finally {
      observer.flush()
    }
  }
}

/** Lambda does not tell who invokes; the kind of completion says which engine waits. */
function whoAsks(event: unknown): string {
  const completion = event !== null && typeof event === 'object' && 'completion' in event ? event.completion : undefined
  return completionSchema.safeParse(completion).data?.kind ?? 'invocation'
}
