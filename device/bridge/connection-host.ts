import type { IPublishPacket } from 'mqtt'
import type { ConnectOptions } from '../api/options.ts'
import { connectPacketOptions } from '../connection/connect-packet.ts'
import type { ConnectionHost } from '../connection/host.ts'
import { openMqttLink } from '../connection/mqtt-link.ts'
import type { Inbox } from '../delivery/inbox.ts'
import type { PacketIds } from '../outbox/packet-ids.ts'
import { createGate, pause } from '../timing/waits.ts'
import type { Platform } from '../transport/platform.ts'
import { encodeWill } from './encode-will.ts'
import type { Parts } from './parts.ts'

type HostParts = Pick<
  Parts,
  'clientId' | 'settings' | 'binding' | 'rights' | 'outbox' | 'subscriptions' | 'unclaimed' | 'counters'
>

/** A planned end of a connection waits this long for what is underway; what is not confirmed by then is sent again. */
const CONFIRM_MS = 1_000
/** A stream that does not close after DISCONNECT is dropped after this. */
const CLOSE_TIMEOUT_MS = 2_000

/** Ties the parts of a bridge to its connections. */
export function createConnectionHost(
  parts: HostParts,
  options: ConnectOptions,
  platform: Platform,
  { inbox, packetIds }: { inbox: Inbox; packetIds: PacketIds },
): ConnectionHost {
  const { settings, outbox, subscriptions, unclaimed, counters } = parts
  const { clock, timeouts } = settings
  let isFirst = true

  const will = () => options.will && encodeWill(parts, options.will)

  return {
    check() {
      platform.transportOptions(options)
      will()
    },
    open(facts, events) {
      return openMqttLink(
        {
          url: options.url,
          mqtt: { ...platform.transportOptions(options), ...connectPacketOptions(options, { ...facts, will: will() }) },
          platform,
          clock,
          packetIds,
          connectTimeoutMs: timeouts.connectMs,
          pingTimeoutMs: timeouts.pingMs,
          keepAliveSeconds: settings.keepAliveSeconds,
          closeTimeoutMs: CLOSE_TIMEOUT_MS,
          onPing() {
            counters.pings += 1
          },
        },
        events,
      )
    },
    async attach(link, terms) {
      if (isFirst) unclaimed.connected(terms.sessionPresent)
      isFirst = false
      const ready = createGate<void>()
      const cancel = clock.after(Math.min(timeouts.subscribeMs, timeouts.connectMs), () => ready.open())
      subscriptions.attach(link, terms.sessionPresent, () => ready.open())
      await ready.promise
      cancel()
      if (!link.hasEnded()) outbox.attach(link, terms)
    },
    async pause() {
      outbox.pause()
      const confirmed = createGate<void>()
      const late = new AbortController()
      outbox.whenConfirmed(confirmed.open)
      await Promise.race([confirmed.promise, pause(clock, CONFIRM_MS, late.signal)])
      late.abort()
    },
    detach() {
      outbox.detach()
      subscriptions.detach()
    },
    message(link, topic, packet) {
      outbox.received(sizeOf(packet))
      return inbox.receive(link, topic, packet)
    },
    acknowledged: outbox.acknowledged,
    unanswered: () => [
      ...outbox.unconfirmedTopics().map((topic) => `publish ${topic}`),
      ...subscriptions.unanswered().map((filter) => `subscribe ${filter}`),
    ],
    abandon(actions, error) {
      outbox.abandon((topic) => actions.includes(`publish ${topic}`), error)
      subscriptions.abandon((filter) => actions.includes(`subscribe ${filter}`), error)
    },
  }
}

function sizeOf({ payload }: IPublishPacket): number {
  return payload.length
}
