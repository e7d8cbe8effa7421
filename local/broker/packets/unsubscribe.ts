import type { IUnsubscribePacket } from 'mqtt-packet'
import { validateTopicFilter } from '#contract/topic-filter.ts'
import { type Client, observedConnection } from '../client.ts'
import { endForClientError } from '../client-ending.ts'
import type { BrokerContext } from '../context.ts'
import { REASON } from '../reason-codes.ts'

/**
 * An UNSUBSCRIBE. A filter without subscription succeeds: AWS IoT Core's UNSUBACK has no code 0x11.
 * https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html
 */
export function handleUnsubscribe(context: BrokerContext, client: Client, packet: IUnsubscribePacket): void {
  const { messageId = 0, unsubscriptions } = packet
  if (unsubscriptions.length === 0) {
    endForClientError(context, client, REASON.protocolError, 'an UNSUBSCRIBE holds at least one filter, got 0')
    return
  }
  const ended = unsubscriptions.filter((filter) => client.session.subscriptions.has(filter))
  context.sessions.unsubscribe(client.session, unsubscriptions)
  const granted = unsubscriptions.map((filter) =>
    validateTopicFilter(filter) === undefined ? REASON.success : REASON.topicFilterInvalid,
  )
  client.send({ cmd: 'unsuback', messageId, granted })
  for (const filter of ended) context.observer?.unsubscribed({ ...observedConnection(client), filter })
  if (ended.length > 0) context.events.unsubscribed(client, ended)
}
