import type { Client } from '../client.ts'

/** Answers a PINGREQ; that the client is alive was noted when the packet arrived. */
export function handlePingreq(client: Client): void {
  client.send({ cmd: 'pingresp' })
}
