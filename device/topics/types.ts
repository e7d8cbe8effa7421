import type * as z from 'zod'
import type { Contract, ContractTopic, ParameterOf } from '#contract/index.ts'

/** Any contract: what code that does not look at single topics takes. */
export type AnyContract = Contract

type TopicsOf<C extends AnyContract> = C['topics']
type KeyOf<C extends AnyContract> = keyof TopicsOf<C> & string

type KeyWith<C extends AnyContract, Shape> = {
  [Key in KeyOf<C>]: TopicsOf<C>[Key] extends Shape ? Key : never
}[KeyOf<C>]

/** The topics a device may publish to. */
export type PublishKey<C extends AnyContract> = KeyWith<C, { direction: 'toCloud' | 'shared' }>
/** The topics a device may subscribe to. */
export type SubscribeKey<C extends AnyContract> = KeyWith<C, { direction: 'toDevice' | 'shared' }>
/** The topics a device publishes to and is answered on. */
export type RequestKey<C extends AnyContract> = KeyWith<C, { direction: 'toCloud' | 'shared'; reply: object }>
/** The topics on which a device is asked and answers. */
export type RespondKey<C extends AnyContract> = KeyWith<C, { direction: 'toDevice' | 'shared'; reply: object }>

/** What a sender may write, before defaults are filled in. */
export type PayloadInput<C extends AnyContract, Key extends KeyOf<C>> = z.input<TopicsOf<C>[Key]['payload']>
/** What a receiver gets: validated, defaults filled in. */
export type PayloadOf<C extends AnyContract, Key extends KeyOf<C>> = z.output<TopicsOf<C>[Key]['payload']>

type ReplyPayload<Topic> = Topic extends { reply: { payload: infer Payload extends z.ZodType } } ? Payload : never
/** What a request resolves to. */
export type ReplyOf<C extends AnyContract, Key extends KeyOf<C>> = z.output<ReplyPayload<TopicsOf<C>[Key]>>
/** What a responder returns. */
export type ReplyInput<C extends AnyContract, Key extends KeyOf<C>> = z.input<ReplyPayload<TopicsOf<C>[Key]>>

/** Values for the placeholders of a topic. Those that are left out are the device's own. */
export type ParametersOf<Key extends string> = Partial<Record<ParameterOf<Key>, string>>

/** A filter over several topics, below the root. Only texts with a wildcard fit, so a mistyped topic does not. */
export type WildcardFilter = `${string}+${string}` | `${string}#`

/** A message of any topic that a device may receive; `key` tells which, and with it the type of `payload`. */
export type AnyDelivery<C extends AnyContract> = {
  [Key in SubscribeKey<C>]: { key: Key; payload: PayloadOf<C, Key> }
}[SubscribeKey<C>]

export type { ContractTopic }
