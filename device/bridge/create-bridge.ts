import type { Bridge } from '../api/bridge.ts'
import type { BridgeEvent } from '../api/events.ts'
import { createCounters } from '../api/metrics.ts'
import type { SubscribeOptions } from '../api/operations.ts'
import type { ConnectOptions } from '../api/options.ts'
import type { BridgeState } from '../api/state.ts'
import { createSupervisor } from '../connection/supervisor.ts'
import { createInbox } from '../delivery/inbox.ts'
import type { Subscriber } from '../delivery/subscriber.ts'
import { createSubscriptions } from '../delivery/subscriptions.ts'
import { createUnclaimed } from '../delivery/unclaimed.ts'
import { createDurableMessages } from '../outbox/durable-messages.ts'
import { createOutbox } from '../outbox/outbox.ts'
import { createPacketIds } from '../outbox/packet-ids.ts'
import { createThrottle, LIMIT_DEFAULTS, NO_THROTTLE } from '../outbox/throttle.ts'
import { createRequests } from '../request/requests.ts'
import { createDeadlines } from '../timing/deadlines.ts'
import { createTokens } from '../token/tokens.ts'
import { bindTopics } from '../topics/binding.ts'
import type { AnyContract } from '../topics/types.ts'
import type { Platform } from '../transport/platform.ts'
import { closeBridge } from './close-bridge.ts'
import { createConnectionHost } from './connection-host.ts'
import { createListeners, type Listeners, reportError } from './listeners.ts'
import { createMessageStream } from './message-stream.ts'
import type { Parts } from './parts.ts'
import { ping, renew } from './probe.ts'
import { publish } from './publish.ts'
import { request } from './request.ts'
import { type AnyResponder, respond } from './respond.ts'
import { createRights } from './rights.ts'
import { resolveSettings } from './settings.ts'
import { subscribe, withKey } from './subscribe.ts'

/** A bridge that is not connected yet. Throws configuration_invalid and what is wrong with the Will. */
export function createBridge(contract: AnyContract, options: ConnectOptions, platform: Platform) {
  const events = new Map<BridgeEvent['type'], Listeners<BridgeEvent>>()
  const onEvent = (event: BridgeEvent) => events.get(event.type)?.call(event)
  const states = createListeners<BridgeState>(onListenerFailure)
  const parts = createParts(contract, options, platform, states, onEvent)
  const { supervisor, outbox, subscriptions, counters, clientId } = parts
  let closing: Promise<void> | undefined

  function onListenerFailure(error: unknown): void {
    if (events.get('listenerFailed')?.size()) onEvent({ type: 'listenerFailed', error })
    else reportError(error)
  }

  const bridge = {
    clientId,
    get state() {
      return supervisor.state()
    },
    onState: states.add,
    onEvent(type: BridgeEvent['type'], listener: (event: never) => void) {
      let listeners = events.get(type)
      if (!listeners) {
        listeners = createListeners(type === 'listenerFailed' ? reportError : onListenerFailure)
        events.set(type, listeners)
      }
      return listeners.add(listener as (event: BridgeEvent) => void)
    },
    metrics: () => ({
      ...counters,
      queued: outbox.queued(),
      inFlight: outbox.inFlight(),
      subscriptions: subscriptions.size(),
    }),
    publish: (topic, payload, publishOptions) => publish(parts, topic, payload, publishOptions),
    request: (topic, payload, requestOptions) => request(parts, topic, payload, requestOptions) as Promise<never>,
    on: (topic: string, handlerOrOptions?: Subscriber['handle'] | SubscribeOptions, more?: SubscribeOptions): never => {
      if (typeof handlerOrOptions !== 'function') return createMessageStream(parts, topic, handlerOrOptions) as never
      const isWildcard = /[+#]/.test(topic)
      return subscribe(parts, topic, isWildcard ? withKey(handlerOrOptions) : handlerOrOptions, more) as never
    },
    respond: (topic, responder, subscribeOptions) => respond(parts, topic, responder as AnyResponder, subscribeOptions),
    ping: (operation) => ping(parts, operation),
    renew: (operation) => renew(parts, operation),
    reset: supervisor.reset,
    close(closeOptions) {
      closing ??= closeBridge(parts, options, closeOptions)
      return closing
    },
    [Symbol.asyncDispose]: () => bridge.close(),
  } satisfies Bridge as Bridge
  return { bridge, start: supervisor.start }
}

function createParts(
  contract: AnyContract,
  options: ConnectOptions,
  platform: Platform,
  states: Listeners<BridgeState>,
  onEvent: (event: BridgeEvent) => void,
): Parts {
  const settings = resolveSettings(contract.root, options)
  const { clientId } = options
  const { clock, identity, queue, limits, random } = settings
  const counters = createCounters()
  const binding = bindTopics(contract, identity)
  const rights = createRights(contract.root, identity, options.permissions)
  const packetIds = createPacketIds()
  const requests = createRequests(counters, onEvent)
  const unclaimed = createUnclaimed(clock, settings.unclaimedMs)
  const subscriptions = createSubscriptions((filter, error) => onEvent({ type: 'subscriptionLost', filter, error }))
  const outbox = createOutbox({
    clock,
    queue,
    limits: limits ?? { ...LIMIT_DEFAULTS, inFlight: Number.POSITIVE_INFINITY },
    throttle: limits ? createThrottle(limits) : NO_THROTTLE,
    packetIds,
    durable: createDurableMessages(queue.store, clock, (error) => onEvent({ type: 'storeFailed', error })),
    counters,
    onDropped: ({ topic, messageId, priority }, reason) =>
      onEvent({ type: 'dropped', reason, topic, messageId, priority }),
  })
  const common = { clientId, settings, binding, rights, outbox, subscriptions, requests, unclaimed, counters, onEvent }
  const inbox = createInbox({ ...common, deduplicate: settings.deduplicate })
  const host = createConnectionHost(common, options, platform, { inbox, packetIds })
  // what is wrong with the options is told now, not by the first connection
  host.check()
  const supervisor = createSupervisor({
    clientId,
    protocolVersion: settings.protocolVersion,
    host,
    tokens: createTokens(options.token, { ...settings, timeoutMs: settings.timeouts.connectMs }),
    authentication: options.authentication,
    reconnect: settings.reconnect,
    clock,
    random,
    counters,
    onState: states.call,
    onEvent,
  })
  return { ...common, supervisor, deadlines: createDeadlines(clock), open: { operations: new Set() } }
}
