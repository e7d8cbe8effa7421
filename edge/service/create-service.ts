import type { Identity } from '#contract/index.ts'
import type { Bridge } from '#device/index.ts'
import type { CallbackQueue } from '../callbacks/callback-queue.ts'
import type { EdgeSettings } from '../configuration/settings.ts'
import { edgeError } from '../errors/edge-error.ts'
import type { Health } from '../http/health-schema.ts'
import type { Intake } from '../mqtt/intake.ts'
import type { EdgePublisher } from '../mqtt/publisher.ts'
import type { Requester } from '../mqtt/requester.ts'
import type { SubscriptionService } from '../mqtt/subscription-service.ts'
import type { TopicHub } from '../mqtt/topic-hub.ts'
import type { EdgeStore } from '../store/edge-store.ts'
import type { TopicAccess } from '../topics/topic-access.ts'
import type { EdgeService } from './edge-service.ts'
import { healthByPart } from './health-by-part.ts'

export interface ServiceParts {
  settings: EdgeSettings
  instanceId: string
  startedAtMs: number
  bridge: Bridge
  identity: () => Identity
  access: TopicAccess
  hub: TopicHub
  publisher: EdgePublisher
  requester: Requester
  subscriptions: SubscriptionService
  intake: Intake
  queue: CallbackQueue
  store: EdgeStore
  /** Handlers in the process, by topic. */
  handlers: () => Record<string, number>
  port: () => number
  isClosing: () => boolean
}

/** Puts the parts together as the service that HTTP and programs in the process call. */
export function createEdgeService(parts: ServiceParts): EdgeService {
  const { bridge, store, queue, hub, access, publisher, requester, subscriptions } = parts
  const { deliveries, batch } = store

  function idsOf(ids: readonly number[] | undefined): readonly number[] {
    return ids ?? deliveries.deadLetters({ afterId: 0, count: deliveries.countDead() }).map(({ id }) => id)
  }

  return {
    health: () => healthOf(parts),
    isUsable: () => bridge.state.status !== 'error' && batch.failure() === undefined && !parts.isClosing(),
    publish: (message) => publisher.publish(message),
    subscribe: (request) => subscriptions.subscribe(request),
    unsubscribe: (request) => subscriptions.unsubscribe(request),
    subscriptions: () => subscriptions.list(),
    request: (call) => requester.request(call),
    deadLetters: (page) => ({ count: deliveries.countDead(), deadLetters: deliveries.deadLetters(page) }),
    redrive(ids) {
      const wanted = idsOf(ids)
      for (const id of wanted) if (!queue.redrive(id)) throw edgeError('dead_letter_unknown', { id })
      return wanted.length
    },
    discard(ids) {
      if (ids === undefined) return deliveries.forget()
      for (const id of ids) if (deliveries.forget(id) === 0) throw edgeError('dead_letter_unknown', { id })
      return ids.length
    },
    async listen(filter, consumer) {
      if (filter === '#') {
        const remove = hub.addForAll(consumer)
        return async () => remove()
      }
      access.subscribe(filter)
      const remove = hub.add(filter, consumer)
      try {
        const granted = hub.granted(filter)
        if (bridge.state.status === 'connected') await granted
        // the broker will say so when it is there
        else granted.catch(() => {})
      } catch (error) {
        await remove()
        throw error
      }
      return remove
    },
  }
}

function healthOf(parts: ServiceParts): Health {
  const { settings, bridge, store, intake, subscriptions } = parts
  const { state } = bridge
  const isConnected = state.status === 'connected'
  const all = subscriptions.list()
  const filtersOf = (kind: string) => [...new Set(all.filter((one) => one.kind === kind).map(({ filter }) => filter))]
  const { organizationId, deviceId } = parts.identity()
  const problem = store.batch.failure()
  return {
    status: isConnected ? 'healthy' : 'unhealthy',
    connection: { ts_client: true, callback_router: settings.callbacks.enabled, connected: isConnected },
    configuration: {
      ts_client_host: settings.socket ?? settings.host,
      ts_client_port: parts.port(),
      callback_host: settings.callbacks.host,
      callback_port: settings.callbacks.port,
      enable_callbacks: settings.callbacks.enabled,
    },
    subscriptions: { topics: filtersOf('topic'), patterns: filtersOf('pattern'), handlers: parts.handlers() },
    device_info: { organization_id: organizationId ?? null, robot_instance_id: deviceId ?? null },
    instance_id: parts.instanceId,
    started_at: new Date(parts.startedAtMs).toISOString(),
    mqtt: {
      state: state.status,
      ...('reason' in state && state.reason && { reason: state.reason.message }),
      outbox: bridge.metrics().queued,
    },
    callbacks: {
      waiting: store.deliveries.countWaiting(),
      held: intake.held(),
      dead_letters: store.deliveries.countDead(),
    },
    store: { ok: problem === undefined, ...(problem !== undefined && { problem }) },
    parts: healthByPart({
      broker: state.status,
      ...('reason' in state && state.reason && { reason: state.reason.message }),
      problem,
      waiting: store.deliveries.countWaiting(),
      held: intake.held(),
      dead: store.deliveries.countDead(),
      subscriptions: all.length,
    }),
  }
}
