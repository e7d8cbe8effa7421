import type * as z from 'zod'

/** A command to the device, as far as its sender filled it in. */
export interface Command {
  /** `<program>/<action>`. */
  readonly command: string
  readonly messageId: string | undefined
  readonly deviceId: string | undefined
  readonly timestamp: string | undefined
  readonly waitResponse: boolean
  readonly payload: Readonly<Record<string, unknown>>
}

/** Fields of a response; `messageId`, `timestamp` and `deviceId` are added, and cannot be overridden. */
export interface CommandResponse {
  readonly status: 'success' | 'error'
  readonly message?: string
  readonly error_code?: string
  readonly data?: unknown
  readonly [field: string]: unknown
}

/** Nothing returned stands for a success without more to say. */
export type CommandHandler<Payload> = (
  payload: Payload,
  command: Command,
) => CommandResponse | undefined | Promise<CommandResponse | undefined>

export interface HandlerOptions<Payload> {
  /** The payload is held against it first; what does not fit is answered with VALIDATION_ERROR. */
  schema?: z.ZodType<Payload> | undefined
}

/** What the service itself answers. */
export const COMMAND_ERRORS = {
  unknown: 'UNKNOWN_COMMAND',
  handler: 'HANDLER_ERROR',
  validation: 'VALIDATION_ERROR',
  timeout: 'TIMEOUT',
} as const

/** Thrown by a handler: the response has this code and text, where any other error is HANDLER_ERROR without its text. */
export class CommandError extends Error {
  readonly errorCode: string

  /** `errorCode` is one of the program, such as `OPERATION_ACTIVE`. */
  constructor(errorCode: string, message: string) {
    super(message)
    this.name = 'CommandError'
    this.errorCode = errorCode
  }
}

/** Reads a command out of a payload; undefined when it names none. */
export function readCommand(payload: Readonly<Record<string, unknown>>): Command | undefined {
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)
  const command = text(payload.command)
  if (command === undefined) return undefined
  const { payload: given } = payload
  const isObject = typeof given === 'object' && given !== null && !Array.isArray(given)
  return {
    command,
    messageId: text(payload.messageId),
    deviceId: text(payload.deviceId),
    timestamp: text(payload.timestamp),
    waitResponse: payload.waitResponse === true,
    payload: isObject ? (given as Record<string, unknown>) : {},
  }
}
