import type { MqttClient } from 'mqtt'

/** PUBACKs that go out together. */
export interface PubackBatch {
  add(packetId: number): void
  /** Sends what is there now. */
  flush(): void
}

/**
 * Sends the PUBACKs of one turn of the event loop at its end, in one write with what was published in the same turn. Each on its own would be a
 * write before the next request of a caller who has just got his reply, which then waits for it: a fifth of a round trip on loopback.
 */
export function createPubackBatch(
  client: MqttClient,
  atEndOfTurn: (callback: () => void) => void,
  send: (packet: object) => void,
): PubackBatch {
  let packetIds: number[] = []
  let corked: { uncork?(): void } | undefined

  function flush(): void {
    const all = packetIds
    packetIds = []
    for (const messageId of all) send({ cmd: 'puback', messageId, reasonCode: 0 })
    corked?.uncork?.()
    corked = undefined
  }

  return {
    add(packetId) {
      packetIds.push(packetId)
      if (corked) return
      corked = client.stream
      client.stream.cork()
      atEndOfTurn(flush)
    },
    flush,
  }
}
