/** What AWS bills by the unit, as far as it arrives at an emulator here. */
export const BILLED_ITEMS = [
  'iot.messages',
  'iot.connectionMinutes',
  'iot.rulesTriggered',
  'iot.ruleActions',
  'lambda.requests',
  'dynamodb.writeUnits',
  'dynamodb.readUnits',
  'sqs.requests',
  'events.published',
  'httpApi.requests',
  'states.transitions',
  'durable.operations',
  'durable.bytesWritten',
] as const

export type BilledItem = (typeof BILLED_ITEMS)[number]

/** Counts units of an item under a name: the table, the queue, the kind of message. Default: one unit. */
export type Count = (item: BilledItem, of: string, units?: number) => void

/** Units by item, and by what they were counted for. */
export type Billed = Readonly<Record<BilledItem, Readonly<Record<string, number>>>>

export interface Meter {
  readonly count: Count
  /** Since the start. */
  read(): Billed
}

/** For an emulator that nobody asks what it would cost. */
export const uncounted: Count = () => {}

export function createMeter(): Meter {
  const counts = new Map<BilledItem, Map<string, number>>(BILLED_ITEMS.map((item) => [item, new Map()]))
  return {
    count(item, of, units = 1) {
      const byName = counts.get(item)
      byName?.set(of, (byName.get(of) ?? 0) + units)
    },
    read: () =>
      Object.fromEntries([...counts].map(([item, byName]) => [item, Object.fromEntries(byName)])) as unknown as Billed,
  }
}
