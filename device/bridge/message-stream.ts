import type { Message, MessageStream, Stop, SubscribeOptions } from '../api/operations.ts'
import type { Parts } from './parts.ts'
import { subscribe } from './subscribe.ts'

interface Delivery {
  payload: unknown
  message: Message
}

const OVER = { value: undefined, done: true } as const

/**
 * The messages of a subscription one by one: the handler behind it ends a call only when its message has been taken, so the lane's limits
 * hold for the loop too. The end of the bridge ends the loop; a refused subscription is thrown in it.
 */
export function createMessageStream(
  parts: Parts,
  topic: string,
  options: SubscribeOptions = {},
): MessageStream<Delivery> {
  let wanted: PromiseWithResolvers<IteratorResult<Delivery>>[] = []
  let offered: { delivery: Delivery; taken: () => void } | undefined
  let failure: unknown
  let isDone = false

  function handle(payload: unknown, message: Message): Promise<void> | undefined {
    const delivery = { payload, message }
    const next = wanted.shift()
    if (next) {
      next.resolve({ value: delivery, done: false })
      return undefined
    }
    return new Promise((taken) => {
      offered = { delivery, taken }
    })
  }

  function finish(error?: unknown): void {
    if (isDone) return
    isDone = true
    parts.open.operations?.delete(loop)
    options.signal?.removeEventListener('abort', onClosed)
    const waiting = wanted
    wanted = []
    const [first, ...others] = waiting
    if (error === undefined) first?.resolve(OVER)
    else if (first) first.reject(error)
    else failure = error
    for (const next of others) next.resolve(OVER)
  }
  const onClosed = () => finish()
  const loop = { close: onClosed }

  const subscribed: Promise<Stop> = subscribe(parts, topic, handle, { ...options, concurrency: 1 })
  const ready = subscribed.then(() => {})
  ready.catch((error: unknown) => finish(isWanted(error) ? undefined : error))
  parts.open.operations?.add(loop)
  options.signal?.addEventListener('abort', onClosed)

  const stream: MessageStream<Delivery> = {
    ready,
    async next() {
      if (failure !== undefined) {
        const error = failure
        failure = undefined
        throw error
      }
      if (isDone) return OVER
      const present = offered
      offered = undefined
      if (present) {
        present.taken()
        return { value: present.delivery, done: false }
      }
      const next = Promise.withResolvers<IteratorResult<Delivery>>()
      wanted.push(next)
      return next.promise
    },
    async return() {
      finish()
      // what was offered and not taken is not handled: with `afterHandler` it stays with the broker
      const stop = await subscribed.catch(() => undefined)
      await stop?.()
      return OVER
    },
    [Symbol.asyncIterator]: () => stream,
    async [Symbol.asyncDispose]() {
      await stream.return?.()
    },
  }
  return stream
}

/** The end of the bridge or the caller's own wish ends the loop, and is no error of it. */
function isWanted(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'closed' || code === 'aborted'
}
