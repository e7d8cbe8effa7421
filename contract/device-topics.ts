import { matchTemplate } from './topic-names.ts'
import { isTopicKey, TOPIC_KEYS, type TopicKey, topicDefinition } from './topics.ts'

/** The topics of one device of an organization stand below this. */
const DEVICE_BASE = 'org/{organizationId}/device/{deviceId}'

/** What programs on a device and their web clients talk over. */
export const DEVICE_TOPICS = {
  /** Commands to the device. */
  commandEdge: `${DEVICE_BASE}/command/edge`,
  /** What the device answers to them. */
  response: `${DEVICE_BASE}/response`,
  /** Commands of the older form. */
  command: `${DEVICE_BASE}/command`,
  /** Messages to web clients. */
  commandWeb: `${DEVICE_BASE}/command/web`,
  /** What the device measures. */
  telemetry: `${DEVICE_BASE}/telemetry`,
  /** How the device is. */
  status: `${DEVICE_BASE}/status`,
} as const satisfies Readonly<Record<string, TopicKey>>

/** The topic of the contract that a name below a device's base stands for, with or without a leading slash; undefined for none. */
export function deviceTopicKey(relative: string): TopicKey | undefined {
  const key = `${DEVICE_BASE}/${relative.replace(/^\/+/, '')}`
  return isTopicKey(key) ? key : undefined
}

/** What a token asks for unless told otherwise: all that the device's role allows. */
export const ALL_PERMISSIONS: readonly string[] = ['${root}/#', `${DEVICE_BASE.replaceAll('{', '${')}/#`]

const flatKeys = TOPIC_KEYS.filter((key) => topicDefinition(key).wire === 'petal')

/** Whether messages of a topic are flat objects without an envelope. */
export function isFlatTopic(topic: string): boolean {
  return flatKeys.some((key) => matchTemplate(key, topic) !== undefined)
}
