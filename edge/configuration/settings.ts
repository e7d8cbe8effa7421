import type { TopicKey } from '#contract/index.ts'

/** Everything the service can be told, with its defaults filled in. */
export interface EdgeSettings {
  /** `localhost` listens on both loopback addresses. */
  readonly host: string
  /** 0 picks a free one. */
  readonly port: number
  /** Path of a Unix socket, instead of host and port. */
  readonly socket: string | undefined
  /** Bearer token; without one the service is on loopback or a socket alone. */
  readonly token: string | undefined
  /** Names in the Host header beside those of loopback. */
  readonly allowedHosts: readonly string[]
  readonly maxBodyBytes: number
  readonly stateFolder: string
  readonly callbacks: CallbackSettings
  readonly queue: QueueSettings
  readonly topics: DeviceTopicSettings
  /** Topics outside the contract are passed on. */
  readonly otherTopics: boolean
  /** How long an answer waits for the broker before it says that the message is on its way. */
  readonly answerWithinMs: number
  /** A command that wants a response is answered by the service itself after this. */
  readonly commandAnswerSeconds: number
  readonly maxSubscriptions: number
  readonly maxStreams: number
  readonly shutdownMs: number
  /** File with organization and device id, written when the device is provisioned. */
  readonly provisioningFile: string | undefined
}

export interface CallbackSettings {
  readonly enabled: boolean
  /** Where the manager of the programs listens; its host is on the allow list. */
  readonly host: string
  readonly port: number
  /** Hosts beside loopback, each with or without a port. */
  readonly allow: readonly string[]
  /** Key of the signature. */
  readonly secret: string | undefined
  readonly timeoutMs: number
  /** For failures with an answer: so often a message is tried. */
  readonly attempts: number
  /** For failures without one: so long a message is tried. */
  readonly giveUpSeconds: number
  /** Callbacks at the same time, for each host and port. */
  readonly concurrency: number
}

export interface QueueSettings {
  /** Messages that wait for their callbacks; beyond it QoS 1 stays with the broker. */
  readonly maxMessages: number
  /** Beyond it the oldest dead letter goes. */
  readonly maxDeadLetters: number
}

/** Which topics of the contract the device's programs talk over. */
export interface DeviceTopicSettings {
  readonly commandEdge: TopicKey
  readonly response: TopicKey
  readonly command: TopicKey
  readonly commandWeb: TopicKey
  readonly telemetry: TopicKey
}
