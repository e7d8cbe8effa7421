import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { ALL_PERMISSIONS, DEFAULT_ROOT } from '#contract/index.ts'
import {
  type Bridge,
  type Clock,
  type ConnectOptions,
  connect,
  createSystemClock,
  openQueueStore,
} from '#device/index.ts'
import { createCallbackPolicy } from './callbacks/callback-policy.ts'
import { createCallbackQueue } from './callbacks/callback-queue.ts'
import { createCallbackSender } from './callbacks/send-callback.ts'
import { createAnswerGuard } from './commands/answer-guard.ts'
import { createCommandRegistry } from './commands/command-registry.ts'
import { createDeviceChannel, lateResponse } from './commands/device-channel.ts'
import { followProvisioning } from './configuration/provisioning-file.ts'
import type { EdgeSettings } from './configuration/settings.ts'
import { createDevicePrograms, type DevicePrograms } from './device-programs.ts'
import type { Health } from './http/health-schema.ts'
import { startHttpService } from './http/http-service.ts'
import type { Log } from './logging/log.ts'
import { logBridge } from './logging/log-bridge.ts'
import { createEdgeMetrics } from './metrics/edge-metrics.ts'
import { createDeviceIdentity } from './mqtt/device-identity.ts'
import { createIntake } from './mqtt/intake.ts'
import { createEdgePublisher } from './mqtt/publisher.ts'
import { createRequester } from './mqtt/requester.ts'
import { createSubscriptionService } from './mqtt/subscription-service.ts'
import { createTopicHub } from './mqtt/topic-hub.ts'
import { createEdgeService } from './service/create-service.ts'
import type { EdgeService } from './service/edge-service.ts'
import { openEdgeStore } from './store/edge-store.ts'
import { edgeContract } from './topics/edge-contract.ts'
import { createTopicAccess } from './topics/topic-access.ts'

/** How long kept messages wait for the ids of the device. */
const UNIDENTIFIED_MS = 60_000

/** How the service connects: the options of the device client, as far as they are not its own affair. */
export type DeviceOptions = Omit<
  ConnectOptions,
  'session' | 'startOffline' | 'queue' | 'will' | 'deduplicate' | 'signal' | 'clock' | 'random'
>

export interface EdgeOptions {
  settings: EdgeSettings
  /** Without `permissions` the token is taken to ask for all of the device's role. */
  device: DeviceOptions
  /** Default: that of the contract. */
  root?: string | undefined
  /** Default: none. */
  log?: Log | undefined
  /** Default: the machine's clock. */
  clock?: Clock | undefined
  /** Source of jitter. Default: Math.random. */
  random?: (() => number) | undefined
}

/** A running service. */
export interface Edge extends EdgeService, DevicePrograms, AsyncDisposable {
  /** Where it listens: `http://localhost:3004`, or `unix:/path`. */
  readonly url: string
  readonly port: number
  readonly instanceId: string
  /** The same as `health`, as programs know it. */
  healthCheck(): Health
  /** Tells what has become known of the device; its topics are subscribed to then. */
  provision(values: { organizationId?: string | undefined; deviceId?: string | undefined }): void
  /** Ends after the callbacks under way, or `shutdownMs`; what waits is there at the next start. */
  close(): Promise<void>
}

/**
 * Starts the service: it listens at once, and connects by itself, with a session that is kept. Rejects when the state folder is in use, the port
 * is taken, or the options of the device client are wrong.
 */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const { settings, root = DEFAULT_ROOT, log = () => {}, clock = createSystemClock(), random = Math.random } = options
  const { permissions = ALL_PERMISSIONS, organizationId, deviceId, ...device } = options.device
  const instanceId = randomUUID()
  const startedAtMs = clock.nowMs()
  await using stack = new AsyncDisposableStack()
  let isClosing = false

  const onStoreFailure = (error: unknown) =>
    log({ level: 'error', event: 'store_failed', problem: error instanceof Error ? error.message : String(error) })
  const store = stack.adopt(openEdgeStore(settings.stateFolder, onStoreFailure), (one) => one.close())
  const identity = createDeviceIdentity({ clientId: device.clientId, organizationId, deviceId })
  const bridge: Bridge = await connect(edgeContract(root), {
    ...device,
    organizationId,
    deviceId,
    startOffline: true,
    // a command that was kept for the device waits for its ids, as long as its sender may
    ...(identity.topicParameters() === undefined && { unclaimedMs: UNIDENTIFIED_MS }),
    queue: {
      store: openQueueStore(join(settings.stateFolder, 'outbox.sqlite')),
      maxMessages: 10_000,
      whenFull: 'newest',
    },
    reconnect: { breakerFailures: Number.POSITIVE_INFINITY, ...device.reconnect },
    clock,
    random,
  })
  stack.defer(() => bridge.close())
  logBridge(bridge, log)

  const access = createTopicAccess({
    root,
    identity: identity.current,
    permissions,
    otherTopics: settings.otherTopics,
  })
  const metrics = createEdgeMetrics({
    isConnected: () => bridge.state.status === 'connected',
    device: () => bridge.metrics(),
    queueDepth: () => store.deliveries.countWaiting(),
    heldMessages: () => intake.held(),
    deadLetters: () => store.deliveries.countDead(),
    subscriptions: () => subscriptions.list().length,
    streams: () => http.streams.count(),
  })
  const { callbacks } = settings
  const policy = createCallbackPolicy({ allow: [callbacks.host, ...callbacks.allow] })
  const sender = createCallbackSender({ policy, ...callbacks, nowMs: clock.nowMs })
  stack.defer(() => sender.close())
  const queue = createCallbackQueue({
    store,
    sender,
    callbacks,
    queue: settings.queue,
    clock,
    random,
    log,
    onOutcome: (outcome, durationMs) => metrics.callback(outcome, durationMs),
    onDead({ topic, body }) {
      metrics.deadLetter()
      channel.givenUp(topic, (JSON.parse(body) as { payload: unknown }).payload)
    },
  })
  stack.defer(() => queue.close(settings.shutdownMs))
  const hub = createTopicHub({ bridge, access, clock, log, onReceived: metrics.received })
  const intake = createIntake({ store, queue, log, onDropped: metrics.dropped, onDuplicate: metrics.duplicate })
  const publisher = createEdgePublisher({
    bridge,
    access,
    clock,
    log,
    answerWithinMs: settings.answerWithinMs,
    onPublished: metrics.published,
    onAccepted: (topic, payload) => channel.published(topic, payload),
  })
  const requester = createRequester({ root, bridge, hub, access, identity, clock, onPublished: metrics.published })
  const subscriptions = createSubscriptionService({
    store,
    hub,
    access,
    intake,
    queue,
    policy,
    callbacksEnabled: callbacks.enabled,
    maxSubscriptions: settings.maxSubscriptions,
    answerWithinMs: settings.answerWithinMs,
    isConnected: () => bridge.state.status === 'connected',
    clock,
    log,
  })

  const registry = createCommandRegistry((command, error) => {
    const problem = error instanceof Error ? error.message : String(error)
    log({ level: 'error', event: 'handler_failed', command, problem })
  })
  const guard = createAnswerGuard({
    store,
    clock,
    withinSeconds: settings.commandAnswerSeconds,
    onLate({ messageId, command }) {
      metrics.command('unanswered')
      log({ level: 'warn', event: 'command_late', command: command.slice(0, 128) })
      void programs.sendCommandResponse(messageId, lateResponse(command))
    },
  })
  stack.defer(() => guard.close())
  const channel = createDeviceChannel({
    root,
    topics: settings.topics,
    identity,
    hub,
    publisher,
    registry,
    guard,
    hasCallback: subscriptions.hasCallback,
    nowMs: clock.nowMs,
    metrics,
    log,
  })
  const programs = createDevicePrograms({ registry, channel, clock, log })
  stack.defer(() => programs.close())

  const service = createEdgeService({
    settings,
    instanceId,
    startedAtMs,
    bridge,
    identity: identity.current,
    access,
    hub,
    publisher,
    requester,
    subscriptions,
    intake,
    queue,
    store,
    handlers: () => ({ [settings.topics.commandEdge]: registry.commands().length }),
    port: () => http.port,
    isClosing: () => isClosing,
  })
  const http = await startHttpService({ service, settings, metrics, log })
  stack.defer(() => http.close())

  // rights come with a connection, so new ids need a new one
  identity.onChange(() => {
    log({ level: 'info', event: 'device_identified', ...identity.topicParameters() })
    bridge.renew().catch(() => {})
  })
  channel.start()
  bridge.onState(({ status }) => status === 'connected' && hub.retryRefused())
  if (settings.provisioningFile !== undefined) {
    const file = settings.provisioningFile
    stack.adopt(followProvisioning({ file, clock, log, onValues: identity.set }), (one) => one.close())
  }
  log({ level: 'info', event: 'edge_started', url: http.url, instanceId })

  const running = stack.move()
  let closing: Promise<void> | undefined
  const close = () => {
    isClosing = true
    closing ??= running.disposeAsync()
    return closing
  }
  return {
    ...service,
    ...programs,
    url: http.url,
    port: http.port,
    instanceId,
    healthCheck: service.health,
    provision: identity.set,
    close,
    [Symbol.asyncDispose]: close,
  }
}
