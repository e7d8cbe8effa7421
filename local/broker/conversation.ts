import type { Duplex } from 'node:stream'
import type { Client } from './client.ts'
import { endClient, endForClientError } from './client-ending.ts'
import type { BrokerContext } from './context.ts'
import { handleConnect, handlePacket } from './packets/index.ts'
import { formatReasonCode, REASON } from './reason-codes.ts'
import type { ConnectionFacts } from './transport/transport-facts.ts'
import { type Connection, createConnection } from './wire/connection.ts'
import type { FramingFault } from './wire/packet-framer.ts'
import type { ConnectPacket, ReceivedPacket } from './wire/packets.ts'

/** One connection from its first byte to its last. Nothing but CONNECT is read before the CONNACK is sent. */
export function openConversation(
  context: BrokerContext,
  duplex: Duplex,
  facts: ConnectionFacts,
  onClose: (connection: Connection) => void,
): Connection {
  const { clock, limits, log, newId } = context
  let client: Client | undefined
  const connection = createConnection({
    facts,
    duplex,
    id: newId(),
    limits,
    clock,
    onPacket,
    onFault,
    onDrain: () => client?.session.flush(),
    onClose() {
      cancelConnectTimeout()
      if (client) endLost(client)
      onClose(connection)
    },
  })
  const cancelConnectTimeout = clock.after(limits.connectTimeoutMs, () =>
    endUnknown('connect_timeout', `no CONNECT within ${limits.connectTimeoutMs} ms`),
  )

  function endLost(lost: Client): void {
    const saidGoodbye = facts.saidGoodbye?.() === true
    endClient(context, lost, {
      disconnectReason: saidGoodbye ? 'CLIENT_INITIATED_DISCONNECT' : 'CONNECTION_LOST',
      reason: saidGoodbye ? 'the client closed its WebSocket' : 'the connection closed',
      preventWill: saidGoodbye,
    })
  }

  /** Ends a connection that has no client yet; there is no packet to tell it why. */
  function endUnknown(event: string, reason: string): void {
    const { id: connectionId, remoteAddress } = connection
    log({ level: 'warn', event, connectionId, remoteAddress, reason })
    connection.end()
  }

  function onPacket(packet: ReceivedPacket): void {
    if (!client) {
      if (packet.cmd === 'connect') void connect(packet)
      else endUnknown('connect_expected', `the first packet is a CONNECT, got ${packet.cmd.toUpperCase()}`)
      return
    }
    client.heard()
    try {
      handlePacket(context, client, packet)
    } catch (error) {
      failClient(client, error)
    }
  }

  async function connect(packet: ConnectPacket): Promise<void> {
    cancelConnectTimeout()
    connection.pause()
    try {
      client = await handleConnect(context, connection, packet)
      connection.resume()
    } catch (error) {
      endUnknown('connect_failed', messageOf(error))
    }
  }

  function onFault({ kind, reason }: FramingFault): void {
    if (!client) {
      endUnknown('bad_packet', reason)
      return
    }
    const reasonCode = kind === 'tooLarge' ? context.choices.tooLargeV5 : REASON.malformedPacket
    endForClientError(context, client, reasonCode, reason)
  }

  /** The broker could not do its part, for instance because the store failed. */
  function failClient(failed: Client, error: unknown): void {
    const reasonCode = REASON.unspecifiedError
    const { clientId } = failed
    const facts = { clientId, reasonCode: formatReasonCode(reasonCode), reason: messageOf(error) }
    log({ level: 'error', event: 'packet_failed', ...facts })
    const reason = 'the broker failed to handle a packet'
    endClient(context, failed, { disconnectReason: 'SERVER_ERROR', reasonCode, reason })
  }

  return connection
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
