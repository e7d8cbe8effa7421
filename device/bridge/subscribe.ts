import { matchesTopic } from '#contract/index.ts'
import type { Message, OperationOptions, Stop, SubscribeOptions } from '../api/operations.ts'
import { createLane } from '../delivery/lane.ts'
import type { Subscriber } from '../delivery/subscriber.ts'
import type { FilterText } from '../delivery/subscriptions.ts'
import { deviceError } from '../errors/index.ts'
import { runOperation } from './operation.ts'
import type { Parts } from './parts.ts'

const DEFAULT_MAX_WAITING = 1_000

/** Subscribes one handler. See `Bridge.on`. */
export function subscribe(
  parts: Parts,
  keyOrFilter: string,
  handle: Subscriber['handle'],
  options: SubscribeOptions & { answers?: boolean } = {},
): Promise<Stop> {
  const { settings, subscriptions, rights } = parts
  const { acknowledge = 'onReceipt', concurrency = 1, maxWaiting = DEFAULT_MAX_WAITING, answers = false } = options
  const lane = createLane(settings.clock, { concurrency, maxWaiting })
  const subscriber: Subscriber = { lane, acknowledge, answers, handle }
  let filter: FilterText | undefined
  const remove = (done: () => void) => {
    lane.stop()
    if (filter) subscriptions.remove(filter, subscriber, done)
    else done()
  }
  const stop = createStop(parts, keyOrFilter, remove)
  return runOperation<Stop>(
    parts,
    {
      ...options,
      name: 'subscribe',
      subject: keyOrFilter,
      defaultTimeoutMs: settings.timeouts.subscribeMs,
      accepted: stop,
      onGivenUp: (why) => why !== 'closed' && remove(() => {}),
    },
    (settle) => {
      const { text, pattern, qos } = filterOf(parts, keyOrFilter, options)
      rights.demand('subscribe', text)
      filter = { text, pattern }
      subscriptions.add(filter, qos, subscriber, (error) => (error ? settle.reject(error) : settle.resolve(stop)))
      parts.unclaimed.claim((topic) => matchesTopic(pattern, topic))
    },
  )
}

function filterOf({ binding }: Parts, keyOrFilter: string, options: SubscribeOptions): FilterText & { qos: 0 | 1 } {
  const { params, sharedGroup, absolute = false } = options
  const isWildcard = /[+#]/.test(keyOrFilter)
  const definition = isWildcard ? undefined : binding.definition(keyOrFilter)
  if (definition?.direction === 'toCloud') {
    const reason = 'it is read by the cloud alone'
    throw deviceError('permission_denied', {
      action: 'subscribe',
      topic: keyOrFilter,
      reason,
      permissions: 'those of the contract',
    })
  }
  const pattern = definition ? binding.filterOf(keyOrFilter, params) : binding.wildcardFilterOf(keyOrFilter, absolute)
  const text = sharedGroup === undefined ? pattern : `$share/${sharedGroup}/${pattern}`
  return { text, pattern, qos: options.qos ?? definition?.qos ?? 1 }
}

function createStop(parts: Parts, subject: string, remove: (done: () => void) => void): Stop {
  let isStopped = false
  const stop = (options: OperationOptions = {}): Promise<void> => {
    if (isStopped || !parts.open.operations) return Promise.resolve()
    isStopped = true
    const settings = {
      ...options,
      name: 'unsubscribe',
      subject,
      defaultTimeoutMs: parts.settings.timeouts.unsubscribeMs,
    }
    return runOperation<void>(parts, settings, (settle) => remove(() => settle.resolve()))
  }
  return Object.assign(stop, { [Symbol.asyncDispose]: () => stop() })
}

/** What a handler of a wildcard filter gets: which topic it is, and the payload. */
export function withKey(
  handler: (delivery: { key: string | undefined; payload: unknown }, message: Message) => unknown,
): Subscriber['handle'] {
  return (payload, message) => handler({ key: message.key, payload }, message)
}
