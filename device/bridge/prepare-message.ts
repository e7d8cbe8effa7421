import {
  bridgeError,
  describeIssue,
  MAX_PAYLOAD_BYTES,
  TRACEPARENT,
  traceIdOfUuid,
  traceparentOf,
} from '#contract/index.ts'
import type { PublishOptions } from '../api/operations.ts'
import { type DeviceError, deviceError } from '../errors/index.ts'
import type { MessageProperties, OutgoingMessage } from '../outbox/outgoing-message.ts'
import type { ContractTopic } from '../topics/types.ts'
import {
  type Correlation,
  correlationProperties,
  encodeEnvelope,
  encodePetal,
  type OutgoingContent,
} from '../wire/outgoing.ts'
import type { Parts } from './parts.ts'

export type MessageParts = Pick<Parts, 'clientId' | 'settings' | 'binding' | 'rights'>

export interface MessageRequest {
  key: string
  /** Given when it does not follow from key and parameters: the topic of a reply. */
  topic?: string | undefined
  definition: ContractTopic
  /** What the payload is held against; default: that of the topic. */
  schema?: ContractTopic['payload'] | undefined
  payload: unknown
  options: PublishOptions
  /** Default: that of the options, else a new one. */
  messageId?: string | undefined
  correlation?: Correlation | undefined
  /** 32 hexadecimal digits. Default: the message begins a trace. */
  traceId?: string | undefined
  /** Default: that of the topic. */
  wire?: ContractTopic['wire'] | undefined
  durable: boolean
  onEnd(error: DeviceError | undefined, reasonCode?: number): void
}

const DEFAULT_PRIORITY = 128

/** Everything that is checked before the wire, and the message as it goes out. Throws codes of the contract, permission_denied. */
export function prepareMessage(parts: MessageParts, request: MessageRequest): OutgoingMessage {
  const { key, definition, options, correlation, wire = definition.wire ?? 'envelope' } = request
  const { binding, rights, settings } = parts
  const { clock } = settings
  const topic = request.topic ?? binding.topicOf(key, options.params)
  if (definition.direction === 'toDevice') throw deniedByDirection(topic)
  const { retain = false, qos = definition.qos, priority = DEFAULT_PRIORITY } = options
  const messageId = request.messageId ?? options.messageId ?? newUuid()
  if (!Number.isInteger(priority) || priority < 0 || priority > 255) {
    throw bridgeError('configuration_invalid', { problem: 'priority is a whole number from 0 to 255' })
  }
  rights.demand(retain ? 'retain' : 'publish', topic)
  const parsed = (request.schema ?? definition.payload).safeParse(request.payload)
  if (!parsed.success) throw bridgeError('invalid_payload', { problem: describeIssue(parsed.error) })
  const traceId = request.traceId ?? traceIdOfUuid(messageId)
  const content: OutgoingContent = {
    topic,
    payload: parsed.data,
    messageId,
    clientId: parts.clientId,
    metadata: options.metadata,
    correlation,
    traceId,
    nowMs: clock.nowMs(),
  }
  const payload = encode(wire, content)
  const bytes = byteLength(payload)
  if (bytes > MAX_PAYLOAD_BYTES) {
    throw bridgeError('payload_too_large', { limitBytes: MAX_PAYLOAD_BYTES, actualBytes: bytes })
  }
  const expirySeconds = options.expirySeconds ?? settings.queue.expirySeconds
  return {
    messageId,
    topic,
    payload,
    bytes,
    qos,
    retain,
    priority,
    properties: settings.protocolVersion === 4 ? undefined : propertiesOf(options, content),
    expiresAtMs: expirySeconds === undefined ? Number.POSITIVE_INFINITY : clock.monotonicMs() + expirySeconds * 1_000,
    durable: request.durable,
    onEnd: request.onEnd,
    state: 'new',
  }
}

function encode(wire: NonNullable<ContractTopic['wire']>, content: OutgoingContent): string {
  if (wire === 'envelope') return encodeEnvelope(content)
  if (wire === 'petal') return encodePetal(content)
  return wire === 'text' ? String(content.payload) : JSON.stringify(content.payload)
}

function propertiesOf(options: PublishOptions, content: OutgoingContent): MessageProperties | undefined {
  const { correlation, traceId, messageId, metadata } = content
  const { contentType, payloadFormatIndicator, responseTopic, correlationData, topicAlias, userProperties } = options
  let properties: MessageProperties | undefined = correlation && correlationProperties(correlation)
  const traceparent = metadata?.[TRACEPARENT] ?? (traceId && traceparentOf(traceId, messageId))
  const add = (more: MessageProperties) => {
    properties = { ...properties, ...more }
  }
  if (typeof traceparent === 'string')
    add({ userProperties: { ...properties?.userProperties, [TRACEPARENT]: traceparent } })
  if (contentType !== undefined) add({ contentType })
  if (payloadFormatIndicator !== undefined) add({ payloadFormatIndicator })
  if (responseTopic !== undefined) add({ responseTopic })
  if (correlationData !== undefined) add({ correlationData })
  if (topicAlias !== undefined) add({ topicAlias })
  if (userProperties !== undefined) add({ userProperties: { ...properties?.userProperties, ...userProperties } })
  return properties
}

function deniedByDirection(topic: string): DeviceError {
  const reason = 'it is published by the cloud alone'
  return deviceError('permission_denied', { action: 'publish', topic, reason, permissions: 'those of the contract' })
}

const encoder = new TextEncoder()

/** Node counts without encoding. */
function byteLength(text: string): number {
  return globalThis.Buffer === undefined ? encoder.encode(text).length : globalThis.Buffer.byteLength(text)
}

/** Pages without TLS have no randomUUID. */
export function newUuid(): string {
  const { crypto } = globalThis
  if (crypto.randomUUID) return crypto.randomUUID()
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
