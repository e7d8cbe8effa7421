import type * as z from 'zod'
import type { Clock } from '#device/index.ts'
import type { CommandHandler, CommandResponse, HandlerOptions } from './commands/command.ts'
import type { CommandRegistry } from './commands/command-registry.ts'
import type { DeviceChannel } from './commands/device-channel.ts'
import type { Log } from './logging/log.ts'

/** What a program in the process does without HTTP. */
export interface DevicePrograms {
  /**
   * Has a function answer a command, `<program>/<action>`. Returns what ends that. Throws a TypeError when the command has a handler already.
   *
   * With `cpuHeavy` it runs on a thread of its own, so that it stops nothing else. A function cannot go there: its module is given, with the
   * name of the export behind a `#`, as in `new URL('./analyse.ts#handler', import.meta.url)`.
   */
  registerHandler<Payload = Readonly<Record<string, unknown>>>(
    command: string,
    handler: CommandHandler<Payload>,
    options?: HandlerOptions<Payload> & { cpuHeavy?: false },
  ): () => Promise<void>
  registerHandler<Payload = Readonly<Record<string, unknown>>>(
    command: string,
    handler: URL,
    options: HandlerOptions<Payload> & { cpuHeavy: true },
  ): () => Promise<void>
  /** Publishes to the device's web clients. False when it was not accepted; the log has why. */
  publishMessage(payload: Readonly<Record<string, unknown>>, qos?: 0 | 1): Promise<boolean>
  /** Answers a command by its `messageId`. False when it was not accepted. */
  sendCommandResponse(messageId: string, response: CommandResponse): Promise<boolean>
  /** Publishes what `read` gives, at once and then after every pause; a failure is logged, and the next comes anyway. Returns what ends it. */
  scheduleTelemetry(
    read: () => Readonly<Record<string, unknown>> | Promise<Readonly<Record<string, unknown>>>,
    options: { everyMs: number; qos?: 0 | 1 },
  ): () => void
}

export function createDevicePrograms(options: {
  registry: CommandRegistry
  channel: DeviceChannel
  clock: Clock
  log: Log
}): DevicePrograms & { close(): Promise<void> } {
  const { registry, channel, clock, log } = options
  const schedules = new Set<() => void>()

  async function isAccepted(event: string, sending: Promise<unknown>): Promise<boolean> {
    try {
      await sending
      return true
    } catch (error) {
      log({ level: 'error', event, problem: error instanceof Error ? error.message : String(error) })
      return false
    }
  }

  return {
    registerHandler(
      command: string,
      handler: CommandHandler<never> | URL,
      { cpuHeavy = false, schema }: { cpuHeavy?: boolean; schema?: z.ZodType | undefined } = {},
    ) {
      if (cpuHeavy !== handler instanceof URL)
        throw new TypeError('a cpuHeavy handler is the URL of its module, and any other a function')
      return registry.register<never>(command, handler, { schema: schema as z.ZodType<never> | undefined })
    },
    publishMessage: (payload, qos = 1) =>
      isAccepted('message_not_accepted', channel.send('commandWeb', payload, { qos })),
    sendCommandResponse: (messageId, response) =>
      isAccepted('response_not_accepted', channel.respond(messageId, response)),
    scheduleTelemetry(read, { everyMs, qos = 1 }) {
      let cancel = () => {}
      let isStopped = false
      const send = async () => channel.send('telemetry', await read(), { qos })
      const next = async () => {
        await isAccepted('telemetry_not_accepted', send())
        if (!isStopped) cancel = clock.after(everyMs, () => void next())
      }
      const stop = () => {
        isStopped = true
        cancel()
        schedules.delete(stop)
      }
      schedules.add(stop)
      void next()
      return stop
    },
    async close() {
      for (const stop of [...schedules]) stop()
      await registry.close()
    },
  }
}
