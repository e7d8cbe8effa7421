/** One published message, with what the broker knows about it. */
export interface RuleMessage {
  readonly topic: string
  readonly payload: Uint8Array
  /** The publisher's client id, `n/a` outside MQTT. */
  readonly clientId: string
  readonly principal?: string | undefined
  /** When the broker received it, in milliseconds since 1970. */
  readonly timestampMs: number
  /** The publisher's address; a republished message has none. */
  readonly sourceIp?: string | undefined
  /** Undefined outside MQTT. */
  readonly traceId?: string | undefined
  readonly accountId?: string | undefined
  readonly mqtt5?: Mqtt5Properties | undefined
}

export interface Mqtt5Properties {
  readonly contentType?: string | undefined
  /** True: the payload is UTF-8 text. */
  readonly payloadFormatIndicator?: boolean | undefined
  readonly responseTopic?: string | undefined
  readonly correlationData?: Uint8Array | undefined
  readonly userProperties?: readonly (readonly [key: string, value: string])[] | undefined
}
