import { bridgeError } from '#contract/index.ts'
import type { Counters } from '../api/metrics.ts'
import type { LimitOptions, QueueOptions } from '../api/options.ts'
import type { LinkTerms } from '../connection/ending.ts'
import type { Link } from '../connection/link.ts'
import { contractError, type DeviceError, deviceError, REASON, refusalError } from '../errors/index.ts'
import type { Clock } from '../timing/clock.ts'
import type { DurableMessages } from './durable-messages.ts'
import { createInFlight } from './in-flight.ts'
import type { OutgoingMessage } from './outgoing-message.ts'
import type { PacketIds } from './packet-ids.ts'
import type { Throttle } from './throttle.ts'
import { createWaitingMessages } from './waiting-messages.ts'

/** All messages on their way out: those that wait and those that the broker has not confirmed. */
export interface Outbox {
  /** Sends, keeps, or ends the message at once. */
  accept(message: OutgoingMessage): void
  /** Takes back what was not sent yet; false when it is too late. */
  withdraw(message: OutgoingMessage): boolean
  /** A connection is there. What was not confirmed goes first, in its old order. */
  attach(link: Link, terms: LinkTerms): void
  /** Sends nothing more on this connection. */
  pause(): void
  /** The connection is gone. */
  detach(): void
  acknowledged(packetId: number, reasonCode: number): void
  /** An arriving message counts toward the limits too. */
  received(bytes: number): void
  /** Calls back once nothing is in flight. */
  whenConfirmed(callback: () => void): void
  /** Calls back once nothing waits and nothing is in flight. */
  whenEmpty(callback: () => void): void
  /** Topics of what is in flight on this connection, and was not confirmed once. */
  unconfirmedTopics(): readonly string[]
  /** Gives up what is in flight to these topics. */
  abandon(isAbandoned: (topic: string) => boolean, error: DeviceError): void
  queued(): number
  inFlight(): number
  /** Ends all messages; what is in the durable store stays there. */
  close(error: DeviceError): void
}

export interface OutboxOptions {
  clock: Clock
  queue: QueueOptions
  limits: Pick<LimitOptions, 'inFlight' | 'whenExceeded'>
  throttle: Throttle
  packetIds: PacketIds
  durable: DurableMessages
  counters: Counters
  onDropped(message: OutgoingMessage, reason: 'queue_full' | 'expired'): void
}

/** Limits are counted by the second. */
const OVER_LIMIT_PAUSE_MS = 1_000

export function createOutbox(options: OutboxOptions): Outbox {
  const { clock, limits, throttle, durable, counters } = options
  const waiting = createWaitingMessages(options.queue, clock, giveUp)
  const flight = createInFlight(options.packetIds, counters)
  let isOpen = true
  let cancelPump: (() => void) | undefined
  let pausedUntilMs = Number.NEGATIVE_INFINITY
  let confirmed: (() => void)[] = []
  let emptied: (() => void)[] = []
  for (const message of durable.restore()) waiting.add(message)

  function end(message: OutgoingMessage, error?: DeviceError, reasonCode?: number): void {
    if (message.state === 'ended') return
    message.state = 'ended'
    durable.forget(message)
    message.onEnd(error, reasonCode)
  }

  function giveUp(message: OutgoingMessage, reason: 'queue_full' | 'expired'): void {
    counters.dropped += 1
    options.onDropped(message, reason)
    const { topic } = message
    const { maxMessages } = options.queue
    end(
      message,
      reason === 'expired' ? deviceError('message_expired', { topic }) : deviceError('queue_full', { maxMessages }),
    )
    settle()
  }

  /** 0: the message may go now. */
  function waitMs(message: OutgoingMessage): number {
    const nowMs = clock.monotonicMs()
    return Math.max(throttle.waitMs(nowMs, message.bytes), pausedUntilMs - nowMs)
  }

  /** The broker counts otherwise than this side, or for a whole account: what it did not take goes again when its second is over. */
  function sendAgain(message: OutgoingMessage): void {
    counters.throttled += 1
    pausedUntilMs = clock.monotonicMs() + OVER_LIMIT_PAUSE_MS
    message.packetId = undefined
    message.state = 'queued'
    waiting.add(message)
    pump()
  }

  function send(message: OutgoingMessage): void {
    const limitBytes = flight.excess(message)
    if (limitBytes !== undefined) {
      // the broker would end the connection for it
      end(message, contractError(bridgeError('payload_too_large', { limitBytes, actualBytes: message.bytes })))
      return
    }
    throttle.count(clock.monotonicMs(), message.bytes)
    counters.published += 1
    const sent = expiring(message, clock)
    if (message.qos === 1) flight.send(message, sent)
    else flight.sendUnconfirmed(message, sent, () => unconfirmedTaken(message))
  }

  function unconfirmedTaken(message: OutgoingMessage): void {
    end(message)
    if (waiting.size() > 0) pump()
    settle()
  }

  function pump(): void {
    cancelPump?.()
    cancelPump = undefined
    while (flight.hasRoom()) {
      const message = flight.peekUnsent() ?? waiting.peek()
      if (!message) break
      if (message.expiresAtMs <= clock.monotonicMs()) {
        takeOut(message)
        giveUp(message, 'expired')
        continue
      }
      const delayMs = waitMs(message)
      if (delayMs > 0) {
        counters.throttled += 1
        cancelPump = clock.after(delayMs, pump)
        return
      }
      takeOut(message)
      send(message)
    }
  }

  function takeOut(message: OutgoingMessage): void {
    if (!flight.takeUnsent(message)) waiting.remove(message)
  }

  function settle(): void {
    if (flight.size() > 0) return
    const free = confirmed
    confirmed = []
    for (const callback of free) callback()
    if (waiting.size() > 0) return
    const empty = emptied
    emptied = []
    for (const callback of empty) callback()
  }

  return {
    accept(message) {
      if (!isOpen) {
        end(message, deviceError('closed'))
        return
      }
      if (waiting.size() === 0 && flight.isIdle()) {
        const delayMs = flight.hasRoom() ? waitMs(message) : 0
        if (flight.hasRoom() && delayMs === 0) {
          durable.keep(message)
          send(message)
          return
        }
        if (limits.whenExceeded === 'error') {
          end(message, deviceError('rate_exceeded', { waitMs: Math.ceil(delayMs) }))
          return
        }
      } else if (limits.whenExceeded === 'error' && flight.isAttached()) {
        end(message, deviceError('rate_exceeded', { waitMs: 0 }))
        return
      }
      durable.keep(message)
      message.state = 'queued'
      waiting.add(message)
      if (flight.isAttached()) pump()
    },
    withdraw(message) {
      if (message.state !== 'queued' || !waiting.remove(message)) return false
      message.state = 'ended'
      durable.forget(message)
      settle()
      return true
    },
    attach(link, terms) {
      flight.attach(link, terms, Math.min(limits.inFlight, terms.receiveMaximum))
      pump()
    },
    pause() {
      flight.pause()
      cancelPump?.()
    },
    detach() {
      cancelPump?.()
      for (const message of flight.detach()) end(message, deviceError('not_connected'))
      settle()
    },
    acknowledged(packetId, reasonCode) {
      const message = flight.confirm(packetId)
      if (!message) return
      if (reasonCode === REASON.quotaExceeded && limits.whenExceeded === 'wait') {
        sendAgain(message)
        return
      }
      counters.acknowledged += 1
      end(
        message,
        reasonCode < 0x80 ? undefined : refusalError('publish_refused', { topic: message.topic }, reasonCode),
        reasonCode,
      )
      if (waiting.size() > 0 || flight.hasUnsent()) pump()
      settle()
    },
    received: (bytes) => throttle.count(clock.monotonicMs(), bytes),
    whenConfirmed(callback) {
      confirmed.push(callback)
      settle()
    },
    whenEmpty(callback) {
      emptied.push(callback)
      settle()
    },
    unconfirmedTopics: () => flight.topics(),
    abandon(isAbandoned, error) {
      for (const message of flight.drop(({ topic }) => isAbandoned(topic))) end(message, error)
      settle()
    },
    queued() {
      return waiting.size()
    },
    inFlight() {
      return flight.size()
    },
    close(error) {
      isOpen = false
      cancelPump?.()
      durable.close()
      for (const message of [...flight.clear(), ...waiting.clear()]) end(message, error)
    },
  }
}

/** With what is left of its life: the broker counts from when it gets the message. */
function expiring(message: OutgoingMessage, clock: Clock): OutgoingMessage {
  if (message.expiresAtMs === Number.POSITIVE_INFINITY) return message
  const leftSeconds = Math.max(1, Math.ceil((message.expiresAtMs - clock.monotonicMs()) / 1_000))
  return { ...message, properties: { ...message.properties, messageExpiryInterval: leftSeconds } }
}
