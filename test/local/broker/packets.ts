import type { IPublishPacket } from 'mqtt-packet'
import type { ProtocolVersion } from '#local/broker/index.ts'
import type { TestBroker } from './test-broker.ts'
import { createWireClient, type WireClient } from './wire-client.ts'

export function publishPacket(fields: Partial<IPublishPacket> = {}): IPublishPacket {
  return { cmd: 'publish', topic: 'a/b', payload: 'text', qos: 1, messageId: 7, dup: false, retain: false, ...fields }
}

/** A connected client; `properties` are of MQTT 5. */
export async function connected(
  t: TestBroker,
  version: ProtocolVersion = 5,
  clientId = 'one',
  properties = {},
): Promise<WireClient> {
  const client = createWireClient(t.broker, version)
  await client.connect({ clientId, ...(version === 5 ? { properties } : {}) })
  return client
}

/** Acknowledges a PUBLISH from the broker. */
export function acknowledge(client: WireClient, { messageId = 0 }: { messageId?: number | undefined }): void {
  client.send({ cmd: 'puback', messageId, reasonCode: 0 })
}
