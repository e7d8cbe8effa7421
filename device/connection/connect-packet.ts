import type { IClientOptions } from 'mqtt'
import { bridgeError } from '#contract/index.ts'
import type { ConnectOptions } from '../api/options.ts'
import type { MessageProperties } from '../outbox/outgoing-message.ts'

/** The Will, encoded. */
export interface EncodedWill {
  topic: string
  payload: string
  qos: 0 | 1
  retain: boolean
  properties: MessageProperties & { willDelayInterval?: number }
}

/** What one CONNECT says beside the transport. */
export interface ConnectFacts {
  token: string | undefined
  /** The first of this bridge: what an earlier one left is not wanted with `session: 'clean'`. */
  isFirst: boolean
  will: EncodedWill | undefined
  authenticationData: Uint8Array | undefined
}

/** The longest session AWS IoT Core keeps unless an account has more. https://docs.aws.amazon.com/general/latest/gr/iot-core.html */
const SESSION_EXPIRY_SECONDS = 3_600
/** QoS 1 messages that AWS IoT Core leaves unacknowledged. Same source. */
const RECEIVE_MAXIMUM = 100

/** Options of MQTT.js for the CONNECT packet. */
export function connectPacketOptions(options: ConnectOptions, facts: ConnectFacts): IClientOptions {
  const { clientId, protocolVersion = 5, topicAliases = false } = options
  const { token, will } = facts
  const common: IClientOptions = {
    protocolId: 'MQTT',
    protocolVersion,
    clientId,
    clean: isClean(options, facts.isFirst),
    username: usernameOf(options),
    ...(token !== undefined && { password: token }),
    ...(will && { will: willOf(will, protocolVersion) as NonNullable<IClientOptions['will']> }),
  }
  if (protocolVersion === 4) return common
  return { ...common, autoAssignTopicAlias: topicAliases, properties: connectProperties(options, facts) }
}

function connectProperties(options: ConnectOptions, { authenticationData }: ConnectFacts) {
  const { maxPacketBytes, topicAliasMaximum = 0, authentication } = options
  return {
    sessionExpiryInterval: options.sessionExpirySeconds ?? SESSION_EXPIRY_SECONDS,
    receiveMaximum: options.receiveMaximum ?? RECEIVE_MAXIMUM,
    ...(maxPacketBytes !== undefined && { maximumPacketSize: maxPacketBytes }),
    ...(topicAliasMaximum > 0 && { topicAliasMaximum }),
    ...(authentication && { authenticationMethod: authentication.name }),
    ...(authenticationData && { authenticationData: authenticationData as Buffer }),
  }
}

/** MQTT 3.1.1 knows no session that begins anew and is kept from then on. */
function isClean({ session = 'persistent', protocolVersion = 5 }: ConnectOptions, isFirst: boolean): boolean {
  return session === 'clean' && (isFirst || protocolVersion === 4)
}

/** Where a custom authorizer is not the default of its endpoint, it is named like this. https://docs.aws.amazon.com/iot/latest/developerguide/custom-auth.html */
function usernameOf({ clientId, username = clientId, customAuthorizerName }: ConnectOptions): string {
  if (customAuthorizerName === undefined) return username
  const separator = username.includes('?') ? '&' : '?'
  return `${username}${separator}x-amz-customauthorizer-name=${encodeURIComponent(customAuthorizerName)}`
}

function willOf({ topic, payload, qos, retain, properties }: EncodedWill, protocolVersion: 4 | 5) {
  const will = { topic, payload, qos, retain }
  return protocolVersion === 4 ? will : { ...will, properties }
}

/** Throws configuration_invalid for what the library would take out of the URL and let win over the options. */
export function checkUrl(url: string): void {
  if (!URL.canParse(url)) throw bridgeError('configuration_invalid', { problem: 'url is not a URL' })
  const { username, password, searchParams } = new URL(url)
  if (username !== '' || password !== '') {
    throw bridgeError('configuration_invalid', { problem: 'url holds a user name; use the options username and token' })
  }
  if (searchParams.has('clientId')) {
    throw bridgeError('configuration_invalid', { problem: 'url holds a clientId; use the option' })
  }
}
