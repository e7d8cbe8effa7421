/** How one connection ended, as far as it can be seen from this side. */
export interface LinkEnding {
  /**
   * `refused`: CONNACK with a refusal. `disconnected`: DISCONNECT from the broker. `closed`: the broker closed the stream without a word.
   * `failed`: the stream broke, or never came about. `keepAlive`, `timeout`, `protocol`: this side gave up. `ended`: this side was told to.
   */
  readonly kind: 'refused' | 'disconnected' | 'closed' | 'failed' | 'keepAlive' | 'timeout' | 'protocol' | 'ended'
  /** Of the CONNACK or DISCONNECT. */
  readonly reasonCode?: number | undefined
  /** What the broker or the operating system says. */
  readonly problem?: string | undefined
  readonly timeoutMs?: number | undefined
}

/** What the broker said when it took the connection. */
export interface LinkTerms {
  readonly sessionPresent: boolean
  readonly receiveMaximum: number
  readonly topicAliasMaximum: number
  readonly maximumPacketSize: number
  /** Seconds; 0: none. */
  readonly keepAliveSeconds: number
}
