import { describeIssue } from '#contract/index.ts'
import {
  COMMAND_ERRORS,
  type Command,
  CommandError,
  type CommandHandler,
  type CommandResponse,
  type HandlerOptions,
} from './command.ts'
import { createHeavyHandler } from './heavy-handler.ts'

/** Handlers of commands in the process. */
export interface CommandRegistry {
  /** Throws a TypeError when the command has a handler, or is no `<program>/<action>`. Returns what removes it. */
  register<Payload>(
    command: string,
    handler: CommandHandler<Payload> | URL,
    options?: HandlerOptions<Payload>,
  ): () => Promise<void>
  commands(): string[]
  has(command: string): boolean
  /** Whether some handler belongs to the same program. */
  knowsProgram(command: string): boolean
  /** Always resolves: what a handler throws is a response as well. */
  run(command: Command): Promise<CommandResponse>
  close(): Promise<void>
}

interface Registered {
  readonly handle: CommandHandler<never>
  readonly schema: HandlerOptions<unknown>['schema']
  readonly close: () => Promise<void>
}

export function createCommandRegistry(onFailure: (command: string, error: unknown) => void): CommandRegistry {
  const handlers = new Map<string, Registered>()
  const programOf = (command: string) => command.slice(0, command.indexOf('/') + 1)

  async function remove(command: string): Promise<void> {
    const registered = handlers.get(command)
    handlers.delete(command)
    await registered?.close()
  }

  return {
    register(command, handler, { schema } = {}) {
      if (!/^[^/\s]+\/\S+$/.test(command))
        throw new TypeError(`expected a command "<program>/<action>", got "${command}"`)
      if (handlers.has(command)) throw new TypeError(`"${command}" has a handler`)
      const heavy = handler instanceof URL ? createHeavyHandler(handler) : undefined
      handlers.set(command, {
        handle: (heavy?.handle ?? handler) as CommandHandler<never>,
        schema: schema as Registered['schema'],
        close: async () => heavy?.close(),
      })
      return () => remove(command)
    },
    commands: () => [...handlers.keys()],
    has: (command) => handlers.has(command),
    knowsProgram: (command) => [...handlers.keys()].some((one) => programOf(one) === programOf(command)),
    async run(command) {
      const registered = handlers.get(command.command)
      if (!registered) return unknownCommand(command, [...handlers.keys()])
      try {
        const parsed = registered.schema?.safeParse(command.payload)
        if (parsed && !parsed.success) return failure(COMMAND_ERRORS.validation, describeIssue(parsed.error))
        const payload = parsed ? parsed.data : command.payload
        const response = await registered.handle(payload as never, command)
        return response ?? { status: 'success' }
      } catch (error) {
        if (error instanceof CommandError) return failure(error.errorCode, error.message)
        onFailure(command.command, error)
        // its own text may hold what is not for the sender
        return failure(COMMAND_ERRORS.handler, 'the handler failed')
      }
    },
    async close() {
      await Promise.all([...handlers.keys()].map(remove))
    },
  }
}

export function unknownCommand({ command }: Command, available: readonly string[]): CommandResponse {
  const response = failure(COMMAND_ERRORS.unknown, `no program of this device takes ${command.slice(0, 128)}`)
  return { ...response, available_commands: [...available] }
}

export function failure(errorCode: string, message: string): CommandResponse {
  return { status: 'error', message, error_code: errorCode }
}
