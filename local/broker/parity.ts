import { DEFAULT_CHOICES } from './choices.ts'
import { type BrokerLimits, DEFAULT_LIMITS } from './limits.ts'

/**
 * One fact about AWS IoT Core's message broker and what this one makes of it. `honoured`: the same. `option`: AWS is silent or
 * contradicts itself; `BrokerChoices` has both. `differs`: done otherwise, or not at all.
 */
export type ParityRow = {
  readonly feature: string
  readonly state: 'honoured' | 'option' | 'differs'
  /** The number or choice that holds by default. */
  readonly value?: string
  /** The documentation page, by its key in `PARITY_SOURCES`. */
  readonly source: keyof typeof PARITY_SOURCES
  readonly note?: string
}

export const PARITY_SOURCES = {
  quotas: 'https://docs.aws.amazon.com/general/latest/gr/iot-core.html#message-broker-limits',
  mqtt: 'https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html',
  events: 'https://docs.aws.amazon.com/iot/latest/developerguide/life-cycle-events.html',
  basicIngest: 'https://docs.aws.amazon.com/iot/latest/developerguide/iot-basic-ingest.html',
  reserved: 'https://docs.aws.amazon.com/iot/latest/developerguide/reserved-topics.html',
  policies: 'https://docs.aws.amazon.com/iot/latest/developerguide/iot-policy-actions.html',
  standard: 'https://docs.oasis-open.org/mqtt/mqtt/v5.0/os/mqtt-v5.0-os.html',
} as const

type Source = ParityRow['source']

/** A limit that is kept to as AWS states it. */
function limit(feature: string, names: keyof BrokerLimits | readonly (keyof BrokerLimits)[], unit: string, note = '') {
  const numbers = [names].flat().map((name) => DEFAULT_LIMITS[name].toLocaleString('en-US'))
  return row(feature, 'honoured', 'quotas', note, `${numbers.join(' / ')} ${unit}`)
}

function row(feature: string, state: ParityRow['state'], source: Source, note = '', value?: string): ParityRow {
  return { feature, state, source, ...(value !== undefined && { value }), ...(note !== '' && { note }) }
}

function option(feature: string, name: keyof typeof DEFAULT_CHOICES, source: Source, note: string): ParityRow {
  const chosen = DEFAULT_CHOICES[name]
  const value = typeof chosen === 'number' && chosen > 0x7f ? `0x${chosen.toString(16)}` : String(chosen)
  return row(feature, 'option', source, note, `${name}: ${value}`)
}

/** Features and limits of the broker, in the order of the reference. */
export const BROKER_PARITY: readonly ParityRow[] = [
  row('MQTT 3.1.1 and 5, mixed; a session is not resumed by the other version', 'honoured', 'mqtt'),
  row('QoS 0 and 1; QoS 2 gets no PUBACK and no SUBACK, MQTT 5 gets DISCONNECT 0x9B', 'honoured', 'mqtt'),
  row('PUBREC, PUBREL, PUBCOMP and AUTH end the connection', 'honoured', 'mqtt'),
  row('DUP is never set; `a/#` does not match `a`', 'honoured', 'mqtt'),
  row('Reason codes of CONNACK, PUBACK, SUBACK, UNSUBACK and DISCONNECT', 'honoured', 'mqtt'),
  option(
    'Payload or packet over the maximum, MQTT 5',
    'tooLargeV5',
    'mqtt',
    'DISCONNECT; AWS names no code for it, and its list has no 0x95 of the standard',
  ),
  row(
    'Malformed packets: UTF-8, places and ranges of properties, bytes behind the end',
    'honoured',
    'standard',
    '0x81',
  ),
  row('User properties are passed on in their order', 'honoured', 'standard'),
  row('Topic aliases from the client', 'honoured', 'mqtt', '', `${DEFAULT_LIMITS.maxTopicAliases}`),
  row('Topic aliases to the client', 'differs', 'standard', 'never used, which the standard leaves to the sender'),
  row('Subscription identifiers', 'honoured', 'mqtt', 'announced as 0; one ends the connection with 0xA1'),
  row(
    'Will Delay, response information, server reference, enhanced authentication',
    'honoured',
    'mqtt',
    'none, as AWS lists none',
  ),
  row(
    'No Local, Retain As Published, Retain Handling',
    'differs',
    'standard',
    'AWS does not say; No Local and Retain Handling follow the standard, only stored copies carry RETAIN',
  ),
  row('DISCONNECT may shorten a session, and cannot make one last that would end', 'honoured', 'mqtt'),

  option('Denied PUBLISH, MQTT 3.1.1', 'deniedPublishV4', 'mqtt', 'no reason code exists'),
  row('Denied PUBLISH, MQTT 5 at QoS 1', 'honoured', 'mqtt', 'PUBACK 0x87'),
  option('Denied PUBLISH, MQTT 5 at QoS 0', 'deniedPublishQos0V5', 'mqtt', 'disconnect sends 0x87'),
  option('Denied SUBSCRIBE, MQTT 3.1.1', 'deniedSubscribeV4', 'mqtt', 'reports about the service differ'),
  row('Denied SUBSCRIBE, MQTT 5', 'honoured', 'mqtt', 'SUBACK 0x87'),
  option('Delivery without iot:Receive', 'deniedDelivery', 'policies', 'not delivered in either case'),
  option('CONNACK after a failed authentication, MQTT 5', 'refusedAuthenticationV5', 'mqtt', 'AWS lists 0x86 and 0x87'),
  row('A Will that may not be published refuses the CONNECT', 'honoured', 'events'),

  limit('Payload', 'maxPayloadBytes', 'bytes'),
  row(
    'Maximum Packet Size',
    'option',
    'quotas',
    'the quota page and the property table (128 KB) contradict each other; `maxPacketBytes`',
    `${DEFAULT_LIMITS.maxPacketBytes.toLocaleString('en-US')} bytes`,
  ),
  limit('Smallest Maximum Packet Size a client may announce', 'minAnnouncedPacketBytes', 'bytes'),
  limit('Client id', 'maxClientIdBytes', 'bytes'),
  limit(
    'Correlation data / user properties / content type',
    ['maxCorrelationDataBytes', 'maxUserPropertiesBytes', 'maxContentTypeBytes'],
    'bytes',
    'more ends the connection with 0x97; AWS names no code',
  ),
  limit('Subscriptions of a connection', 'maxSubscriptionsPerConnection', ''),
  option(
    'Subscriptions beyond that',
    'tooManySubscriptions',
    'quotas',
    '"might reject … and the connection is closed"',
  ),
  limit('Filters of a SUBSCRIBE', 'maxFiltersPerSubscribe', '', 'with more, each is answered 0x97'),
  limit(
    'Unacknowledged QoS 1 messages, in / out',
    ['maxInboundInFlight', 'maxOutboundInFlight'],
    '',
    'MQTT 5 beyond it: 0x93; MQTT 3.1.1 is not read from until there is room',
  ),
  limit(
    'Keep-alive',
    ['minKeepAliveSeconds', 'maxKeepAliveSeconds'],
    's',
    '0 gives the longest; dropped after 1.5 times the silence',
  ),
  limit(
    'Session expiry of MQTT 5 / persistent session of 3.1.1',
    ['maxSessionExpirySeconds', 'persistentSessionSeconds'],
    's',
  ),
  limit(
    'Unacknowledged messages are kept, MQTT 3.1.1 / 5',
    ['redeliverySecondsV4', 'redeliverySecondsV5'],
    's',
    'sent again on the next connection, not on the same one',
  ),
  limit('Message expiry', ['minMessageExpirySeconds', 'maxMessageExpirySeconds'], 's'),
  row(
    'Messages stored for a persistent session are replayed at a rate, beside newer ones',
    'honoured',
    'mqtt',
    '',
    `${DEFAULT_LIMITS.maxStoredReplayPerSecond}/s`,
  ),
  row(
    'Messages stored for one session',
    'differs',
    'quotas',
    'AWS bounds the account, not the session',
    DEFAULT_LIMITS.maxQueuedPerSession.toLocaleString('en-US'),
  ),

  limit('Publishes of a connection', 'maxPublishesPerSecond', '/s', 'discarded; the log says how many'),
  option('Directions that count toward it', 'publishRateCounts', 'quotas', '"inbound and outbound publish requests"'),
  option('QoS 1 PUBLISH over the rate, MQTT 5', 'overRatePublishV5', 'mqtt', 'PUBACK 0x97 or silence'),
  option('QoS 1 delivery over the rate', 'overRateDelivery', 'quotas', 'a shared subscription queues it in any case'),
  limit('Throughput of a connection, each way', 'maxBytesPerSecond', 'bytes/s', 'delayed'),
  limit(
    'CONNECT of a client id',
    'maxConnectsPerSecondPerClientId',
    '/s',
    'CONNACK 0x97, MQTT 3.1.1 is closed; counted after the authorization',
  ),
  limit(
    'Retained messages of a topic',
    'maxRetainedPublishesPerSecondPerTopic',
    '/s',
    'PUBACK 0x97, ThrottlingException',
  ),
  limit('Retained messages', 'maxRetainedMessages', ''),
  row(
    'Quotas of the account (connections, CONNECTs, publishes, queued messages a second)',
    'differs',
    'quotas',
    'not counted on one machine',
  ),

  row('Retained messages come to filters equal to their topic only, with RETAIN set only then', 'honoured', 'mqtt'),
  row('Will on every end but a DISCONNECT, a WebSocket close or preventWillMessage', 'honoured', 'events'),
  option(
    'Will after a DISCONNECT with a reason, such as 0x04',
    'willAfterDisconnectWithReason',
    'mqtt',
    'the standard publishes it',
  ),
  row('Two connections with one client id: the newer one stays, 0x8E', 'honoured', 'mqtt'),

  row('Shared subscriptions, MQTT 3.1.1 and 5: one member at random, each matching group its copy', 'honoured', 'mqtt'),
  row('A group with a persistent member queues QoS 1 messages that no member can take', 'honoured', 'mqtt'),
  row('Queued messages to each member', 'honoured', 'mqtt', '', `${DEFAULT_LIMITS.maxSharedDrainPerSecond}/s`),
  limit(
    'Shared subscriptions / members of each',
    ['maxSharedGroups', 'maxSubscriptionsPerSharedGroup'],
    '',
    'SUBACK 0x97',
  ),
  row(
    'Queued messages of a group',
    'differs',
    'quotas',
    'AWS has a quota and does not publish its value; the newest are dropped',
    DEFAULT_LIMITS.maxQueuedPerSharedGroup.toLocaleString('en-US'),
  ),

  row('Basic Ingest: to one rule, to no subscriber; the prefix counts toward no limit', 'honoured', 'basicIngest'),
  row(
    'Other topics that start with $: no publishing, subscribing as the policy allows',
    'honoured',
    'reserved',
    'shadows, jobs and provisioning are no part of the local runtime',
  ),
  row('Lifecycle events connected, disconnected, connect_failed, subscribed, unsubscribed', 'honoured', 'events'),
  row(
    'versionNumber: from 0, the same for a pair, reset after an hour away',
    'honoured',
    'events',
    'also reset when the runtime restarts',
  ),
  row(
    'thingName in lifecycle events',
    'differs',
    'events',
    'in all events of a principal with a thing; AWS has it for exclusive things only',
  ),
  option('QoS of lifecycle events', 'lifecycleEventQos', 'events', 'not documented'),
]
