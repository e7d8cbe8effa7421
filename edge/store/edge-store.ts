import { openDatabase } from './database.ts'
import { createDeliveryTable, type DeliveryTable } from './delivery-table.ts'
import { createOpenCommands, type OpenCommands } from './open-commands.ts'
import { createRecentMessages, type RecentMessages } from './recent-messages.ts'
import { createSubscriptionTable, type SubscriptionTable } from './subscription-table.ts'
import { createWriteBatch, type WriteBatch } from './write-batch.ts'

/** All that outlives the process, in one SQLite file. */
export interface EdgeStore {
  readonly subscriptions: SubscriptionTable
  readonly deliveries: DeliveryTable
  readonly recent: RecentMessages
  readonly commands: OpenCommands
  readonly batch: WriteBatch
  close(): void
}

export function openEdgeStore(folder: string, onFailure: (error: unknown) => void): EdgeStore {
  const database = openDatabase(folder)
  const batch = createWriteBatch(database, onFailure)
  return {
    subscriptions: createSubscriptionTable(database),
    deliveries: createDeliveryTable(database),
    recent: createRecentMessages(database),
    commands: createOpenCommands(database),
    batch,
    close() {
      batch.close()
      database.close()
    },
  }
}
