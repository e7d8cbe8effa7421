import type { AuthenticationMethod } from '../api/options.ts'
import { type DeviceError, deviceError, REASON } from '../errors/index.ts'
import { createGate, type Gate } from '../timing/waits.ts'
import type { LinkEnding, LinkTerms } from './ending.ts'
import type { ConnectionHost } from './host.ts'
import type { AuthenticationPacket, Link } from './link.ts'

/** One connection with what comes of it. */
export interface LiveLink {
  readonly link: Link
  /** The broker took it. */
  readonly opened: Promise<LinkTerms>
  readonly ended: Promise<LinkEnding>
  hasEnded(): boolean
  /** What had no answer when it ended. */
  unanswered(): readonly string[]
  /** Authenticates again on this connection. Rejects when the broker, the method or the connection does not go along. */
  reauthenticate(token: string | undefined): Promise<void>
}

/** Opens a connection; its messages and confirmations go straight to the host. */
export async function openLiveLink(
  host: ConnectionHost,
  facts: { token: string | undefined; isFirst: boolean },
  method: AuthenticationMethod | undefined,
): Promise<LiveLink> {
  const opened = createGate<LinkTerms>()
  const ended = createGate<LinkEnding>()
  let { token } = facts
  let renewal: Gate<DeviceError | undefined> | undefined
  let unanswered: readonly string[] = []

  function authentication(packet: AuthenticationPacket): void {
    if (packet.reasonCode === REASON.success) renewal?.open(undefined)
    else void answer(packet.data)
  }

  async function answer(challenge: Uint8Array | undefined): Promise<void> {
    try {
      link.authenticate(await method?.respond(challenge, token), REASON.continueAuthentication)
    } catch (cause) {
      link.destroy({ kind: 'protocol', problem: `the authentication method failed: ${messageOf(cause)}` })
    }
  }

  const link = host.open(
    { ...facts, authenticationData: await method?.start(token) },
    {
      opened: opened.open,
      ended(ending) {
        unanswered = host.unanswered()
        host.detach()
        renewal?.open(deviceError('not_connected'))
        ended.open(ending)
      },
      message: (topic, packet) => host.message(link, topic, packet),
      acknowledged: host.acknowledged,
      authentication,
    },
  )

  return {
    link,
    opened: opened.promise,
    ended: ended.promise,
    hasEnded() {
      return ended.isOpen()
    },
    unanswered() {
      return unanswered
    },
    async reauthenticate(next) {
      token = next
      const gate = createGate<DeviceError | undefined>()
      renewal = gate
      link.authenticate(await method?.start(next), REASON.reAuthenticate)
      const error = await gate.promise
      if (error) throw error
    },
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
