import type { Metadata } from '#contract/index.ts'

/** What every operation takes. */
export interface OperationOptions {
  /** Default: that of the preset. Infinity waits for ever. */
  timeoutMs?: number | undefined
  /** Ends the wait with the code `aborted`, and takes back what was not sent yet. */
  signal?: AbortSignal | undefined
  /**
   * Default: true. False resolves as soon as the operation is accepted; what goes wrong later is an event `failed`.
   */
  wait?: boolean | undefined
}

export interface PublishOptions extends OperationOptions {
  /** Values for the placeholders of the topic. Default: the device's own. */
  params?: Readonly<Record<string, string>> | undefined
  /** Default: that of the contract. */
  qos?: 0 | 1 | undefined
  /** Needs the right `retain:`. Default: false. */
  retain?: boolean | undefined
  /** 0 to 255, higher is sent first. Default: 128. */
  priority?: number | undefined
  /** UUID. Default: a new one. */
  messageId?: string | undefined
  /** Further keys of the envelope's metadata, `correlation_id` and `reply_to` among them. */
  metadata?: Partial<Metadata> | undefined
  /** How long the message is worth sending and delivering; counted from the call. Default: that of the queue. */
  expirySeconds?: number | undefined
  /** MQTT 5 alone. */
  contentType?: string | undefined
  /** MQTT 5 alone. The payload is UTF-8 text. */
  payloadFormatIndicator?: boolean | undefined
  /** MQTT 5 alone. */
  responseTopic?: string | undefined
  /** MQTT 5 alone. A text is sent as UTF-8. */
  correlationData?: string | Uint8Array | undefined
  /** MQTT 5 alone; one over the broker's maximum is left out. */
  topicAlias?: number | undefined
  /** MQTT 5 alone. */
  userProperties?: Readonly<Record<string, string | string[]>> | undefined
}

export interface PublishResult {
  readonly messageId: string
  readonly topic: string
  /** Of the PUBACK. 0x10: nobody subscribes. Undefined with QoS 0, and when nobody waited. */
  readonly reasonCode?: number
}

export interface RequestOptions extends Omit<PublishOptions, 'wait'> {
  /** Default: a new UUID. The same id with the same payload gets the same answer, and nothing runs twice. */
  correlationId?: string | undefined
  /** How often the request is sent again, with the same correlation id, while there is no reply. Default: 0. */
  retries?: number | undefined
  /** Pause before each of them. Default: the timeout divided by the number of attempts. */
  retryAfterMs?: number | undefined
  /** Where the reply shall go: the key of a topic. Default: that of the contract, else the device's private topic. */
  replyTopic?: string | undefined
  /** Called with the message that carried the reply, one that refuses the request included. */
  onReply?: ((message: Message, payload: unknown) => void) | undefined
}

export interface SubscribeOptions extends OperationOptions {
  /** Values for the placeholders of the topic; `+` stands for all. Default: the device's own. */
  params?: Readonly<Record<string, string>> | undefined
  /** Default: that of the contract. */
  qos?: 0 | 1 | undefined
  /** Name of a group that shares the messages: `$share/<group>/<filter>`. */
  sharedGroup?: string | undefined
  /**
   * When the broker is told that a QoS 1 message has arrived. `onReceipt` (default): when it is in the handler's hands. `afterHandler`: when
   * the handler has ended without an error. `manual`: when it calls `message.acknowledge()`. What was not acknowledged comes again with the next
   * connection.
   */
  acknowledge?: 'onReceipt' | 'afterHandler' | 'manual' | undefined
  /** Calls of this handler at the same time. Default: 1, which keeps the order. */
  concurrency?: number | undefined
  /** Messages that wait for this handler before QoS 0 is dropped and QoS 1 is left with the broker. Default: 1,000. */
  maxWaiting?: number | undefined
  /** Of a wildcard filter: it stands outside the root. Default: false. */
  absolute?: boolean | undefined
}

/** A message as a handler gets it. */
export interface Message {
  /** Key in the contract; undefined for one that is not in it. */
  readonly key: string | undefined
  readonly topic: string
  /** Values of the placeholders. */
  readonly params: Readonly<Record<string, string>>
  readonly messageId: string | undefined
  /** When it was written by its sender's clock, RFC 3339. Of the envelope. */
  readonly timestamp: string | undefined
  /** Of the envelope; empty for the other forms. */
  readonly metadata: Readonly<Record<string, unknown>>
  readonly correlationId: string | undefined
  readonly replyTo: string | undefined
  readonly qos: 0 | 1
  readonly retain: boolean
  /** The broker says that it may have come before. */
  readonly dup: boolean
  readonly userProperties: Readonly<Record<string, string | string[]>>
  readonly contentType: string | undefined
  /** With `acknowledge: 'manual'`: tells the broker. Else without effect, as is a second call. */
  acknowledge(): void
}

export type Handler<Payload> = (payload: Payload, message: Message) => unknown
/** `progress` tells the cloud that the answer still takes: its deadline then counts anew. Without effect where the topic has no word for it. */
export type Responder<Payload, Reply> = (
  payload: Payload,
  message: Message,
  progress: () => void,
) => Reply | Promise<Reply>

/** Ends a subscription; also for `await using`. */
export interface Stop extends AsyncDisposable {
  (options?: OperationOptions): Promise<void>
}

/** The messages of a subscription one by one. Leaving the loop ends it. */
export interface MessageStream<Delivery> extends AsyncIterableIterator<Delivery>, AsyncDisposable {
  /** Settles with the broker's answer to the subscription. */
  readonly ready: Promise<void>
}
