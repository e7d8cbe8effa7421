import type { IPublishPacket } from 'mqtt'
import type { DeviceError } from '../errors/index.ts'
import type { LinkTerms } from './ending.ts'
import type { Link, LinkEvents } from './link.ts'

/** What a connection carries, as the supervisor sees it. */
export interface ConnectionHost {
  /** Throws what `open` would, without opening anything. */
  check(): void
  /** Opens one network connection. Throws what is wrong with the options. */
  open(
    facts: { token: string | undefined; isFirst: boolean; authenticationData: Uint8Array | undefined },
    events: LinkEvents,
  ): Link
  /** The broker took the connection: subscriptions, then what was not confirmed, then what waits. Resolves when messages flow. */
  attach(link: Link, terms: LinkTerms): Promise<void>
  /** Sends nothing more on this connection. Resolves when the broker has confirmed all, or after a moment. */
  pause(): Promise<void>
  /** The connection is gone. */
  detach(): void
  /** Whether the broker may be told of this message at once. */
  message(link: Link, topic: string, packet: IPublishPacket): boolean
  acknowledged(packetId: number, reasonCode: number): void
  /** What was sent and had no answer, as `publish <topic>` and `subscribe <filter>`. */
  unanswered(): readonly string[]
  /** These actions are given up. */
  abandon(actions: readonly string[], error: DeviceError): void
}
