/**
 * What the broker does where AWS's documentation is silent, or where reports about the service differ. Each choice can be made
 * otherwise by an option.
 */
export type BrokerChoices = {
  /** A PUBLISH that the policy denies, from MQTT 3.1.1, which has no code to tell it. `discard` sends no PUBACK. */
  deniedPublishV4: 'disconnect' | 'discard'
  /** A QoS 0 PUBLISH that the policy denies, from MQTT 5. At QoS 1 there is PUBACK 0x87. */
  deniedPublishQos0V5: 'disconnect' | 'discard'
  /** A SUBSCRIBE that the policy denies, from MQTT 3.1.1. MQTT 5 gets SUBACK 0x87. */
  deniedSubscribeV4: 'disconnect' | 'suback'
  /** A message that its subscriber may not receive is not delivered; the connection may end too. */
  deniedDelivery: 'drop' | 'disconnect'
  /** CONNACK of MQTT 5 for a client whose authentication failed: 0x87 (not authorized) or 0x86 (bad user name or password). */
  refusedAuthenticationV5: 0x86 | 0x87
  /** Whether `maxPublishesPerSecond` counts both directions of a connection as one or each for itself. */
  publishRateCounts: 'together' | 'each'
  /** A QoS 1 PUBLISH over the rate, from MQTT 5: PUBACK 0x97 or no answer. MQTT 3.1.1 gets no answer. */
  overRatePublishV5: 'puback' | 'discard'
  /**
   * DISCONNECT of MQTT 5 for a payload or packet over the maximum: quota exceeded, or packet too large (0x95) as the standard has it, which
   * is not among the codes that AWS lists.
   */
  tooLargeV5: 0x95 | 0x97
  /** A QoS 1 delivery over the rate. `hold` sends it as soon as the rate allows. */
  overRateDelivery: 'discard' | 'hold'
  /** A subscription beyond the limit of the connection: refused in the SUBACK, or the connection ends too. */
  tooManySubscriptions: 'suback' | 'disconnect'
  /**
   * A DISCONNECT of MQTT 5 with another reason than 0x00, such as 0x04, which asks for the Will. The standard wants the Will published;
   * AWS says of any DISCONNECT that it prevents it.
   */
  willAfterDisconnectWithReason: 'publish' | 'suppress'
  /** QoS of lifecycle events. */
  lifecycleEventQos: 0 | 1
}

export const DEFAULT_CHOICES: Readonly<BrokerChoices> = {
  deniedPublishV4: 'disconnect',
  deniedPublishQos0V5: 'disconnect',
  deniedSubscribeV4: 'disconnect',
  deniedDelivery: 'drop',
  refusedAuthenticationV5: 0x87,
  publishRateCounts: 'together',
  overRatePublishV5: 'puback',
  tooLargeV5: 0x97,
  overRateDelivery: 'discard',
  tooManySubscriptions: 'suback',
  willAfterDisconnectWithReason: 'publish',
  lifecycleEventQos: 1,
}
