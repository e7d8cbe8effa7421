import mqtt, { type IClientOptions, type IConnackPacket, type MqttClient } from 'mqtt'
import type { OutgoingMessage } from '../outbox/outgoing-message.ts'
import type { PacketIds } from '../outbox/packet-ids.ts'
import type { Clock } from '../timing/clock.ts'
import type { Platform } from '../transport/platform.ts'
import type { LinkEnding } from './ending.ts'
import { createKeepAlive, type KeepAlive } from './keep-alive.ts'
import { type Goodbye, type Link, type LinkEvents, readTerms } from './link.ts'
import {
  createAnswers,
  createAuthExchange,
  createIdProvider,
  createPassThroughStore,
  failureCode,
  NO_TIMER,
} from './mqtt-parts.ts'
import { createPubackBatch } from './puback-batch.ts'

export interface LinkOptions {
  url: string
  /** Those of this connection: transport, token, session, Will. */
  mqtt: IClientOptions
  platform: Platform
  clock: Clock
  packetIds: PacketIds
  connectTimeoutMs: number
  pingTimeoutMs: number
  keepAliveSeconds: number
  /** A stream that does not close after DISCONNECT is dropped after this. */
  closeTimeoutMs: number
  onPing(): void
}

/** Longer than any of ours: the library's timers only must not come first. */
const NO_CONNECT_TIMEOUT_MS = 2 ** 31 - 1
/** For the library an error in place of an acknowledgement, and nothing else: it reads the next packet at once. */
const NO_PUBACK = new Error('acknowledged elsewhere')

/**
 * One connection on MQTT.js. The library frames packets and matches answers; when to connect, what to repeat, which identifiers are in use
 * and when to ping is decided here and above: its own reconnect, stores and timers are switched off.
 */
export function openMqttLink(options: LinkOptions, events: LinkEvents): Link {
  const { clock, connectTimeoutMs } = options
  const ids = createIdProvider(options.packetIds)
  const client = openClient(options, ids)
  const answers = createAnswers()
  const exchange = createAuthExchange(client, options.mqtt.properties?.authenticationMethod, events)
  const { atEndOfTurn } = options.platform
  const pubacks = atEndOfTurn && createPubackBatch(client, atEndOfTurn, exchange.send)
  let state: 'opening' | 'open' | 'ending' | 'ended' = 'opening'
  let keepAlive: KeepAlive | undefined
  let connack: IConnackPacket | undefined
  let arrivedTopic = ''
  let isDelivering = false
  let goodbye: Goodbye | undefined
  let cancelTimeout =
    connectTimeoutMs === Number.POSITIVE_INFINITY
      ? () => {}
      : clock.after(connectTimeoutMs, () => finish({ kind: 'timeout', timeoutMs: connectTimeoutMs }))

  function open(): void {
    if (state !== 'opening' || !connack) return
    state = 'open'
    cancelTimeout()
    const terms = readTerms(connack, options.keepAliveSeconds)
    keepAlive = createKeepAlive({
      clock,
      keepAliveMs: terms.keepAliveSeconds * 1_000,
      pingTimeoutMs: options.pingTimeoutMs,
      ping: sendPing,
      onSilence: () => finish({ kind: 'keepAlive', timeoutMs: options.pingTimeoutMs }),
    })
    events.opened(terms)
  }

  function finish(ending: LinkEnding): void {
    if (state === 'ended') return
    state = 'ended'
    cancelTimeout()
    keepAlive?.stop()
    client.end(true)
    // `end` does nothing for a client that is ending already
    client.stream.destroy()
    answers.none()
    events.ended(ending)
  }

  function sendPing(): void {
    options.onPing()
    client.sendPing()
  }

  client.on('connect', open)
  client.on('packetsend', () => keepAlive?.sent())
  client.on('packetreceive', (packet) => {
    if (state === 'ended') return
    keepAlive?.received()
    if (packet.cmd === 'puback') {
      events.acknowledged(packet.messageId ?? 0, packet.reasonCode ?? 0)
    } else if (packet.cmd === 'pingresp') {
      answers.pong()
    } else if (packet.cmd === 'connack') {
      const reasonCode = packet.reasonCode ?? packet.returnCode ?? 0
      if (reasonCode === 0) connack = packet
      else finish({ kind: 'refused', reasonCode, problem: packet.properties?.reasonString })
    } else if (packet.cmd === 'auth') {
      exchange.received(packet)
    }
  })
  client.on('disconnect', ({ reasonCode, properties }) => {
    const problem = properties?.reasonString as string | undefined
    finish({ kind: 'disconnected', reasonCode: reasonCode ?? 0, problem })
  })
  client.on('error', (error) => {
    if (state === 'ending') return
    const code = failureCode(error)
    finish({ kind: code === undefined ? 'protocol' : 'failed', problem: code ?? error.message })
  })
  client.on('close', () => finish({ kind: state === 'ending' ? 'ended' : 'closed' }))
  client.on('message', (topic) => {
    // the packet itself has none where an alias stands for it
    arrivedTopic = topic
  })
  client.handleMessage = (packet, callback) => {
    // what a kept session holds may come right behind the CONNACK, before the library says so
    open()
    isDelivering = true
    const acknowledge = state === 'open' && events.message(arrivedTopic, packet)
    isDelivering = false
    if (pubacks && acknowledge && packet.messageId !== undefined) pubacks.add(packet.messageId)
    callback(packet.qos === 0 || (acknowledge && !pubacks) ? undefined : NO_PUBACK)
    const postponed = goodbye
    goodbye = undefined
    if (postponed) disconnect(postponed)
  }

  function disconnect({ reasonCode, sessionExpirySeconds }: Goodbye): void {
    if (state !== 'open') {
      finish({ kind: 'ended' })
      return
    }
    pubacks?.flush()
    state = 'ending'
    cancelTimeout = clock.after(options.closeTimeoutMs, () => finish({ kind: 'ended' }))
    // else the library would wait for them before it says goodbye
    client.outgoing = {}
    const sessionExpiryInterval = sessionExpirySeconds
    client.end(false, {
      reasonCode,
      ...(sessionExpiryInterval !== undefined && { properties: { sessionExpiryInterval } }),
    })
  }

  return {
    hasEnded() {
      return state === 'ended'
    },
    publish(message, packetId, dup) {
      ids.use(packetId)
      client.publish(message.topic, message.payload, { ...publishOptions(message), qos: 1, dup })
    },
    publishUnconfirmed(message, taken) {
      client.publish(message.topic, message.payload, publishOptions(message), () => {
        if (state !== 'ended') taken()
      })
    },
    subscribe(filters, answered) {
      const answer = answers.expect(answered)
      const map = Object.fromEntries(filters.map(({ filter, qos }) => [filter, { qos }]))
      client.subscribe(map, (_, __, packet) => answer(packet?.granted as number[] | undefined))
    },
    unsubscribe(filters, answered) {
      const answer = answers.expect(answered)
      client.unsubscribe([...filters], (error) => answer(error ? undefined : true))
    },
    acknowledge(messageId) {
      if (state === 'open') exchange.send({ cmd: 'puback', messageId, reasonCode: 0 })
    },
    ping(answered) {
      answers.expectPong(answered)
      sendPing()
    },
    authenticate: exchange.answer,
    disconnect(options) {
      // what is being handled is acknowledged first
      if (isDelivering) goodbye = options
      else disconnect(options)
    },
    destroy: finish,
  }
}

function openClient(options: LinkOptions, messageIdProvider: ReturnType<typeof createIdProvider>): MqttClient {
  // as a member: the library's build for browsers has no named exports
  const client = mqtt.connect(options.url, {
    ...options.mqtt,
    messageIdProvider,
    outgoingStore: createPassThroughStore(),
    incomingStore: new mqtt.Store(),
    keepalive: options.keepAliveSeconds,
    reschedulePings: false,
    timerVariant: NO_TIMER,
    reconnectPeriod: 0,
    resubscribe: false,
    connectTimeout: NO_CONNECT_TIMEOUT_MS,
    // some dozen calls for each message, which are not free even when nobody reads them
    log: () => {},
  })
  options.platform.prepare(client)
  return client
}

function publishOptions({ qos, retain, properties }: OutgoingMessage) {
  // the library writes into them
  return properties ? { qos, retain, properties: { ...properties } as never } : { qos, retain }
}
