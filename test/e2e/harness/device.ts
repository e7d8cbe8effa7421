import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import {
  connect,
  type ErrorWithSubackPacket,
  type IClientOptions,
  type IConnackPacket,
  type IPublishPacket,
  type MqttClient,
} from 'mqtt'
import { createEnvelope, type Envelope, type Metadata, privateReplyTopic } from '#contract/index.ts'
import { createInbox, type Inbox } from './inbox.ts'

export const ROOT = 'jamey'

export interface Received {
  topic: string
  text: string
  /** Of a reply without envelope: its payload. */
  envelope: Envelope
  properties: IPublishPacket['properties']
}

export interface DeviceOptions {
  clientId: string
  password: string
  /** Default 5. */
  protocolVersion?: 4 | 5
  /** Default: the device's private topic. */
  subscribe?: readonly string[]
  /** Further options of MQTT.js. */
  mqtt?: IClientOptions
}

/** A device on MQTT.js, without any client of ours. */
export interface Device extends AsyncDisposable {
  readonly clientId: string
  readonly client: MqttClient
  /** Of the CONNACK. */
  readonly sessionPresent: boolean
  readonly messages: Inbox<Received>
  /** Rejects with the reason code of the SUBACK as `code`. */
  subscribe(filter: string): Promise<void>
  /** Rejects with the reason code of the PUBACK as `code` (MQTT 5). */
  publish(topic: string, payload: string | Buffer, properties?: IPublishPacket['properties']): Promise<void>
  /** Publishes an envelope and returns it. */
  send(topic: string, payload: unknown, metadata?: Partial<Metadata>): Promise<Envelope<unknown>>
  /** The next message with this correlation id. */
  reply(correlationId: string): Promise<Received>
  /** Sends with a new correlation id unless one is given, and waits for the answer. */
  request(topic: string, payload: unknown, metadata?: Partial<Metadata>): Promise<Received>
}

/** Connects, or rejects with the CONNACK's code as `code`. */
export async function connectDevice(url: string, caFile: string | undefined, options: DeviceOptions): Promise<Device> {
  const { clientId, password, protocolVersion = 5, subscribe = [privateReplyTopic(ROOT, clientId)] } = options
  const messages = createInbox<Received>(({ topic, text }) => `${topic} ${text.slice(0, 300)}`)
  const client = connect(url, {
    protocolVersion,
    clientId,
    password,
    username: clientId,
    ...(caFile !== undefined && { ca: readFileSync(caFile) }),
    clean: true,
    reconnectPeriod: 0,
    connectTimeout: 10_000,
    ...options.mqtt,
  })
  // before the CONNACK, so that nothing of a kept session is missed
  client.on('message', (topic, payload, { properties }) => {
    const text = payload.toString('utf8')
    messages.push({ topic, text, envelope: JSON.parse(text) as Envelope, properties })
  })
  const { sessionPresent } = await connected(client)
  for (const filter of subscribe) await client.subscribeAsync(filter, { qos: 1 })

  async function send(topic: string, payload: unknown, metadata: Partial<Metadata> = {}): Promise<Envelope<unknown>> {
    const envelope = envelopeOf(topic, payload, { client_id: clientId, ...metadata })
    await client.publishAsync(topic, JSON.stringify(envelope), { qos: 1 })
    return envelope
  }

  const reply = (correlationId: string) =>
    messages.take(
      `reply to ${correlationId}`,
      ({ envelope }) => (envelope as Partial<Envelope>).metadata?.correlation_id === correlationId,
    )

  return {
    clientId,
    client,
    sessionPresent,
    messages,
    async subscribe(filter) {
      await client.subscribeAsync(filter, { qos: 1 }).catch((error: ErrorWithSubackPacket) => {
        throw Object.assign(error, { code: error.packet.granted[0] })
      })
    },
    async publish(topic, payload, properties) {
      await client.publishAsync(topic, payload, { qos: 1, ...(properties && { properties }) })
    },
    send,
    reply,
    async request(topic, payload, metadata = {}) {
      const correlationId = metadata.correlation_id ?? randomUUID()
      await send(topic, payload, { ...metadata, correlation_id: correlationId })
      return reply(correlationId)
    },
    async [Symbol.asyncDispose]() {
      await client.endAsync(!client.connected)
    },
  }
}

function connected(client: MqttClient): Promise<IConnackPacket> {
  return new Promise((resolve, reject) => {
    client.once('connect', resolve)
    // stays: an error that nobody listens to would end the process
    client.on('error', reject)
    client.once('close', () => {
      reject(new Error('the connection was closed without a CONNACK'))
    })
  })
}

/** The packet with which the broker ends an MQTT 5 connection, or undefined when it just closes it. */
export function disconnected(device: Device): Promise<number | undefined> {
  return new Promise((resolve) => {
    let reasonCode: number | undefined
    device.client.once('disconnect', (packet) => {
      reasonCode = packet.reasonCode
    })
    device.client.once('close', () => resolve(reasonCode))
  })
}

/** An envelope as a device writes it. */
export function envelopeOf(topic: string, payload: unknown, metadata: Partial<Metadata> = {}): Envelope<unknown> {
  return createEnvelope({ topic, payload, metadata }, { messageId: randomUUID(), nowMs: Date.now() })
}

/** A reply as text, without its trace: the repeat of a request has one of its own, and all else in common. */
export function untraced({ text }: Pick<Received, 'text'>): string {
  const { metadata, ...envelope } = JSON.parse(text) as Partial<Envelope>
  const { traceparent: _, ...others } = (metadata ?? {}) as Record<string, unknown>
  return JSON.stringify({ ...envelope, metadata: others })
}
