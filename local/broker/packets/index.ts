import type { Client } from '../client.ts'
import { endForClientError } from '../client-ending.ts'
import type { BrokerContext } from '../context.ts'
import { REASON } from '../reason-codes.ts'
import type { ReceivedPacket } from '../wire/packets.ts'
import { handleDisconnect } from './disconnect.ts'
import { handlePingreq } from './pingreq.ts'
import { handlePuback } from './puback.ts'
import { handlePublish } from './publish.ts'
import { handleSubscribe } from './subscribe.ts'
import { handleUnsubscribe } from './unsubscribe.ts'

export { handleConnect } from './connect.ts'

/** Hands a packet of a connected client to the handler of its type. */
export function handlePacket(context: BrokerContext, client: Client, packet: ReceivedPacket): void {
  switch (packet.cmd) {
    case 'publish':
      handlePublish(context, client, packet)
      return
    case 'puback':
      handlePuback(context, client, packet)
      return
    case 'subscribe':
      handleSubscribe(context, client, packet)
      return
    case 'unsubscribe':
      handleUnsubscribe(context, client, packet)
      return
    case 'pingreq':
      handlePingreq(client)
      return
    case 'disconnect':
      handleDisconnect(context, client, packet)
      return
    case 'connect':
      endForClientError(context, client, REASON.protocolError, 'a connection has one CONNECT, got a second')
      return
    case 'pubrec':
    case 'pubrel':
    case 'pubcomp':
    case 'auth':
    case 'connack':
    case 'suback':
    case 'unsuback':
    case 'pingresp': {
      const name = packet.cmd.toUpperCase()
      endForClientError(context, client, REASON.protocolError, `${name} from a client is not supported`)
    }
  }
}
