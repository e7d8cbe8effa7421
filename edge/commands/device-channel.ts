import { topicName } from '#contract/index.ts'
import type { DeviceTopicSettings } from '../configuration/settings.ts'
import { edgeError } from '../errors/edge-error.ts'
import type { Log } from '../logging/log.ts'
import type { EdgeMetrics } from '../metrics/edge-metrics.ts'
import type { DeviceIdentity } from '../mqtt/device-identity.ts'
import type { IncomingMessage } from '../mqtt/incoming-message.ts'
import type { EdgePublisher, PublishAnswer } from '../mqtt/publisher.ts'
import type { TopicHub } from '../mqtt/topic-hub.ts'
import type { AnswerGuard } from './answer-guard.ts'
import { COMMAND_ERRORS, type Command, type CommandResponse, readCommand } from './command.ts'
import { type CommandRegistry, failure, unknownCommand } from './command-registry.ts'

/** The device's own topics: what comes there, and what goes out. */
export interface DeviceChannel {
  /** Publishes on one of the device's topics; `deviceId` is added. Rejects with device_unidentified while the topics are not known. */
  send(
    topic: keyof DeviceTopicSettings,
    fields: Readonly<Record<string, unknown>>,
    options?: { qos?: 0 | 1 | undefined },
  ): Promise<PublishAnswer>
  respond(messageId: string, response: CommandResponse): Promise<PublishAnswer>
  /** A program published something: it may be a response. */
  published(topic: string, payload: unknown): void
  /** A callback was given up: nobody answers what was in it. */
  givenUp(topic: string, payload: unknown): void
  /** Subscribes to the device's topics as soon as they are known. */
  start(): void
}

export interface DeviceChannelOptions {
  root: string
  topics: DeviceTopicSettings
  identity: DeviceIdentity
  hub: TopicHub
  publisher: EdgePublisher
  registry: CommandRegistry
  guard: AnswerGuard
  /** Whether programs get the messages of a topic by callback. */
  hasCallback: (topic: string) => boolean
  nowMs: () => number
  metrics: EdgeMetrics
  log: Log
}

/** Answers that are kept for commands that come again. */
const REMEMBERED = 1_000

export function createDeviceChannel(options: DeviceChannelOptions): DeviceChannel {
  const { root, topics, identity, hub, publisher, registry, guard, metrics, log } = options
  const answers = new Map<string, Promise<CommandResponse>>()

  function nameOf(topic: keyof DeviceTopicSettings): string | undefined {
    const parameters = identity.topicParameters()
    return parameters && topicName(root, topics[topic], parameters as never)
  }

  async function send(
    topic: keyof DeviceTopicSettings,
    fields: Readonly<Record<string, unknown>>,
    { qos = 1 }: { qos?: 0 | 1 | undefined } = {},
  ): Promise<PublishAnswer> {
    const name = nameOf(topic)
    if (name === undefined) throw edgeError('device_unidentified')
    return publisher.publish({ topic: name, payload: { ...fields, deviceId: identity.current().deviceId }, qos })
  }

  function respond(messageId: string, response: CommandResponse): Promise<PublishAnswer> {
    // no field of a response takes the place of what it is known by
    return send('response', { ...response, messageId, timestamp: new Date(options.nowMs()).toISOString() })
  }

  async function answerOf(command: Command): Promise<CommandResponse> {
    const id = command.messageId
    const known = id === undefined ? undefined : answers.get(id)
    if (known) return known
    const answer = registry.run(command)
    if (id !== undefined) {
      answers.set(id, answer)
      for (const oldest of answers.keys()) {
        if (answers.size <= REMEMBERED) break
        answers.delete(oldest)
      }
    }
    const { status } = await answer
    metrics.command(status === 'success' ? 'handled' : 'failed')
    return answer
  }

  async function handle(command: Command, topic: string): Promise<void> {
    const { messageId, waitResponse } = command
    const isAwaited = waitResponse && messageId !== undefined
    if (registry.has(command.command)) {
      const response = await answerOf(command)
      if (isAwaited) await respond(messageId, response)
      return
    }
    if (options.hasCallback(topic) && !registry.knowsProgram(command.command)) {
      if (isAwaited) await guard.expect({ messageId, command: command.command })
      return
    }
    metrics.command('unknown')
    log({ level: 'warn', event: 'command_unknown', command: command.command.slice(0, 128) })
    if (isAwaited) await respond(messageId, unknownCommand(command, registry.commands()))
  }

  function consume(message: IncomingMessage): Promise<void> | undefined {
    const command = message.topic === nameOf('commandEdge') ? readCommand(message.payload) : undefined
    return command && handle(command, message.topic)
  }

  function giveUp(messageId: string, response: CommandResponse): void {
    metrics.command('unanswered')
    respond(messageId, response).catch((error: unknown) => {
      const problem = error instanceof Error ? error.message : String(error)
      log({ level: 'error', event: 'command_unanswered', problem })
    })
  }

  let subscribed: string[] = []
  let removals: (() => Promise<void>)[] = []

  /** Anew for other ids: what belongs to the ones before ends. */
  function follow(): void {
    const names = (['commandEdge', 'response', 'command'] as const).flatMap((topic) => nameOf(topic) ?? [])
    if (names.join() === subscribed.join()) return
    for (const remove of removals) void remove()
    subscribed = names
    removals = names.map((name) => hub.add(name, name === nameOf('commandEdge') ? consume : () => undefined))
    if (names.length > 0) guard.start()
  }

  return {
    send,
    respond,
    published(topic, payload) {
      const messageId = topic === nameOf('response') ? messageIdOf(payload) : undefined
      if (messageId !== undefined) guard.answered(messageId)
    },
    givenUp(topic, payload) {
      const messageId = topic === nameOf('commandEdge') ? messageIdOf(payload) : undefined
      if (messageId === undefined || !guard.giveUp(messageId)) return
      giveUp(messageId, failure(COMMAND_ERRORS.handler, 'no program took the command'))
    },
    start() {
      identity.onChange(follow)
      follow()
    },
  }
}

/** What the guard says of a command that nobody answered. */
export function lateResponse(command: string): CommandResponse {
  return failure(COMMAND_ERRORS.timeout, `no program has answered ${command.slice(0, 128)} in time`)
}

function messageIdOf(payload: unknown): string | undefined {
  if (typeof payload !== 'object' || payload === null || !('messageId' in payload)) return undefined
  return typeof payload.messageId === 'string' ? payload.messageId : undefined
}
