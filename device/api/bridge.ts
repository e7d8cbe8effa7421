import type {
  AnyContract,
  AnyDelivery,
  PayloadInput,
  PayloadOf,
  PublishKey,
  ReplyInput,
  ReplyOf,
  RequestKey,
  RespondKey,
  SubscribeKey,
  WildcardFilter,
} from '../topics/types.ts'
import type { BridgeEventOf, BridgeEventType } from './events.ts'
import type { Metrics } from './metrics.ts'
import type {
  Handler,
  Message,
  MessageStream,
  OperationOptions,
  PublishOptions,
  PublishResult,
  RequestOptions,
  Responder,
  Stop,
  SubscribeOptions,
} from './operations.ts'
import type { BridgeState } from './state.ts'

export interface CloseOptions extends OperationOptions {
  /** The broker forgets subscriptions and messages. Default: true for `session: 'clean'`, else false. */
  endSession?: boolean | undefined
  /** Publishes the Will. MQTT 5 alone. Default: false. */
  publishWill?: boolean | undefined
}

/**
 * One device, connected or on its way. All that rejects does so with a {@link DeviceError}: by `code`, and by `classification` into
 * recoverable, reconnectable, fatal and authentication.
 */
export interface Bridge<C extends AnyContract = AnyContract> extends AsyncDisposable {
  readonly clientId: string
  readonly state: BridgeState
  /** Called on every change. Returns what ends it. */
  onState(listener: (state: BridgeState) => void): () => void
  /** Called with every event of a type. Returns what ends it. */
  onEvent<Type extends BridgeEventType>(type: Type, listener: (event: BridgeEventOf<Type>) => void): () => void
  metrics(): Metrics

  /**
   * Publishes on a topic of the contract and waits for the PUBACK at QoS 1. Without a connection the message waits in the queue.
   *
   * Before the wire it rejects with topic_unknown, topic_parameter_invalid, invalid_payload, payload_too_large, permission_denied,
   * queue_full, rate_exceeded. After it: publish_refused with the reason code, operation_timeout (the message stays on its way),
   * message_expired, aborted, closed.
   */
  publish<Key extends PublishKey<C>>(
    topic: Key,
    payload: PayloadInput<C, Key>,
    options?: PublishOptions,
  ): Promise<PublishResult>

  /**
   * Publishes and waits for the reply with the same correlation id, by default on the private topic. Any number at the same time. Rejects as
   * `publish` does, and with request_refused (the answer was an error; `details.code` is its code), reply_timeout, reply_invalid.
   */
  request<Key extends RequestKey<C>>(
    topic: Key,
    payload: PayloadInput<C, Key>,
    options?: RequestOptions,
  ): Promise<ReplyOf<C, Key>>

  /** Calls a handler with every message of a topic. Resolves when the broker has granted it; rejects with permission_denied, subscribe_refused. */
  on<Key extends SubscribeKey<C>>(
    topic: Key,
    handler: Handler<PayloadOf<C, Key>>,
    options?: SubscribeOptions,
  ): Promise<Stop>
  /** The same for all topics that a wildcard filter below the root matches; `key` tells which. */
  on(
    filter: WildcardFilter,
    handler: (delivery: AnyDelivery<C>, message: Message) => unknown,
    options?: SubscribeOptions,
  ): Promise<Stop>
  /** Without a handler: the messages one by one, for `for await`. */
  on<Key extends SubscribeKey<C>>(
    topic: Key,
    options?: SubscribeOptions,
  ): MessageStream<{ payload: PayloadOf<C, Key>; message: Message }>

  /**
   * Answers the requests of a topic. A repeated request gets the answer it had, and what the responder throws is answered with
   * `handler_failed`. Other than with `on`, ten run at the same time, and a request is acknowledged `afterHandler`, unless the options say otherwise.
   */
  respond<Key extends RespondKey<C>>(
    topic: Key,
    responder: Responder<PayloadOf<C, Key>, ReplyInput<C, Key>>,
    options?: SubscribeOptions,
  ): Promise<Stop>

  /** Asks the broker for a sign of life. Resolves to the round trip in milliseconds; rejects with not_connected, operation_timeout. */
  ping(options?: OperationOptions): Promise<number>
  /** Renews token and connection now. Resolves when the new one is in use. */
  renew(options?: OperationOptions): Promise<void>
  /** Leaves the state `error` and connects again, with the failures forgotten. */
  reset(): void
  /** Ends the connection with a DISCONNECT, after the messages underway or the timeout. It never comes back. */
  close(options?: CloseOptions): Promise<void>
}
