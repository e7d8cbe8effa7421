import type { DevicePrograms } from '../device-programs.ts'
import { COMMAND_ERRORS, type Command, CommandError, type CommandResponse } from './command.ts'

/** What a message on the way of an operation says. */
export interface OperationProgress {
  /** 0 to 100. */
  readonly progress: number
  readonly message?: string
  readonly [field: string]: unknown
}

/** How an operation ended well. */
export interface OperationResult {
  readonly message?: string
  readonly data?: unknown
}

type Publisher = Pick<DevicePrograms, 'publishMessage'>

/**
 * The two phases of a long operation. Returns the response of the first: it has begun. `run` goes on meanwhile; its end, and each `progress`, go to
 * the web clients under the same `messageId`: `{ messageId, command: "/<program>/<action>", timestamp, payload }`. What cannot be begun is thrown
 * before, as a CommandError: errors of the request belong into the first phase.
 */
export function startOperation(
  programs: Publisher,
  { command, messageId }: Command,
  run: (progress: (report: OperationProgress) => Promise<boolean>) => Promise<OperationResult | undefined>,
): CommandResponse {
  const send = (payload: Record<string, unknown>) => {
    const timestamp = new Date().toISOString()
    return programs.publishMessage({ messageId, command: `/${command}`, timestamp, payload: { ...payload, timestamp } })
  }
  const progress = (report: OperationProgress) =>
    send({ type: 'progress', status: 'running', completed: false, ...report, progress: percentOf(report.progress) })
  void run(progress).then(
    ({ message = `${command} is done`, data = null } = {}) =>
      send({ success: true, status: 'success', message, error_code: null, data }),
    (error: unknown) => send(failureOf(command, error)),
  )
  return { status: 'success', message: `${command} initiated`, data: { messageId: messageId ?? null } }
}

function failureOf(command: string, error: unknown): Record<string, unknown> {
  const isCoded = error instanceof CommandError
  return {
    success: false,
    status: 'error',
    // the text of any other error may hold what is not for everybody
    message: isCoded ? error.message : `${command} failed`,
    error_code: isCoded ? error.errorCode : COMMAND_ERRORS.handler,
    data: null,
  }
}

function percentOf(value: number): number {
  return Math.min(Math.max(value, 0), 100)
}

/** A stream of messages at a rate, such as the state of a job: started, stopped, and known by its id. */
export interface RateStreams {
  /** Begins, or goes on at another rate. Throws a CommandError for a rate beyond 0 to 100 Hz. */
  subscribe(streamId: string, rateHz: number, read: () => Readonly<Record<string, unknown>>): CommandResponse
  unsubscribe(streamId: string): CommandResponse
  close(): void
}

const MAX_RATE_HZ = 100

/** `after` calls back once, as the clock of the device client does. */
export function createRateStreams(
  programs: Publisher,
  after: (delayMs: number, callback: () => void) => () => void,
): RateStreams {
  const streams = new Map<string, () => void>()

  function stop(streamId: string): boolean {
    streams.get(streamId)?.()
    return streams.delete(streamId)
  }

  return {
    subscribe(streamId, rateHz, read) {
      if (!(rateHz > 0 && rateHz <= MAX_RATE_HZ))
        throw new CommandError(COMMAND_ERRORS.validation, `expected a rate above 0 and up to ${MAX_RATE_HZ} Hz`)
      stop(streamId)
      let cancel = () => {}
      const next = () => {
        // one at a time: a slow connection gets fewer
        void programs.publishMessage({ ...read(), subscribed_stream_id: streamId }, 0).then(() => {
          if (streams.get(streamId) === end) cancel = after(1_000 / rateHz, next)
        })
      }
      const end = () => cancel()
      streams.set(streamId, end)
      next()
      return { status: 'success', subscribed_stream_id: streamId, data_rate_hz: rateHz }
    },
    unsubscribe(streamId) {
      const wasOpen = stop(streamId)
      return { status: 'success', unsubscribed_stream_id: streamId, message: wasOpen ? 'stopped' : 'was not running' }
    },
    close() {
      for (const streamId of [...streams.keys()]) stop(streamId)
    },
  }
}
