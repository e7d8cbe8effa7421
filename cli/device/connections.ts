import { setTimeout as delay } from 'node:timers/promises'
import {
  DeleteConnectionCommand,
  type IoTDataPlaneClient,
  ResourceNotFoundException,
} from '@aws-sdk/client-iot-data-plane'
import type { Terminal } from '../terminal.ts'

/** A connect that was let in just before a record changed is there by then. */
const SECOND_END_AFTER_MS = 10_000

/** Live connections of devices. */
export interface Connections {
  /** Ends the connection and forgets its session. False when there was none. */
  end(clientId: string): Promise<boolean>
}

export function createConnections(client: IoTDataPlaneClient): Connections {
  return {
    async end(clientId) {
      return client.send(new DeleteConnectionCommand({ clientId, cleanSession: true })).then(
        () => true,
        (error: unknown) => {
          if (error instanceof ResourceNotFoundException) return false
          throw error
        },
      )
    },
  }
}

/** Looks once more for a connection, ten seconds after the first look. */
export async function endLateConnection(
  connections: Connections,
  clientId: string,
  { note }: Pick<Terminal, 'note'>,
  waitMs = SECOND_END_AFTER_MS,
): Promise<void> {
  note(`looking again in ${waitMs / 1_000} s for a connect that was under way`)
  await delay(waitMs)
  if (await connections.end(clientId)) note('one was, and has ended')
}
