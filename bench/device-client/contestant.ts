import type { Endpoint } from '../mosquitto.ts'

/** Where requests go, which the responder answers, and where plain publishes go, which nobody listens to. */
export const REQUEST_TOPIC = 'bench/echo'
export const PUBLISH_TOPIC = 'bench/sink'
export const replyTopicOf = (clientId: string) => `bench/responses/${clientId}`

/** About as many bytes as an envelope around a small payload. */
export const PAYLOAD_BYTES = 300

/** One connected client under measurement. */
export interface Peer {
  /** Publishes with QoS 1 on the request topic and resolves when the reply is there. One at a time. */
  ask(): Promise<void>
  /** Publishes with QoS 1 and resolves with the PUBACK. */
  publish(): Promise<void>
  close(): Promise<void>
}

export interface Contestant {
  readonly name: string
  connect(endpoint: Endpoint, clientId: string): Promise<Peer>
}
