import type { DeviceError } from '../errors/index.ts'

/** MQTT 5 properties of a PUBLISH, under the names of MQTT.js. */
export interface MessageProperties {
  payloadFormatIndicator?: boolean
  messageExpiryInterval?: number
  topicAlias?: number
  responseTopic?: string
  correlationData?: string | Uint8Array
  userProperties?: Readonly<Record<string, string | string[]>>
  contentType?: string
}

/** A message on its way to the broker. */
export interface OutgoingMessage {
  readonly messageId: string
  readonly topic: string
  readonly payload: string
  /** Of the payload. */
  readonly bytes: number
  readonly qos: 0 | 1
  readonly retain: boolean
  readonly priority: number
  readonly properties: MessageProperties | undefined
  /** On the clock that never jumps; Infinity: never. */
  readonly expiresAtMs: number
  /** May be kept in the durable store. */
  readonly durable: boolean
  /** Called once: when the broker has it, or nothing more is done about it. */
  readonly onEnd: (error: DeviceError | undefined, reasonCode?: number) => void
  state: 'new' | 'queued' | 'inFlight' | 'ended'
  /** While it is in flight with QoS 1. */
  packetId?: number | undefined
  /** Its key in the durable store. */
  storeKey?: number | undefined
}
