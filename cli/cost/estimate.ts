import { ITEM_NAMES, ITEMS, type ItemName } from './items.ts'
import { MEASURED, type Units } from './measured.ts'
import type { PathName } from './paths.ts'

/** Of each function, in MB; held against the template by a test. */
export const FUNCTION_MEMORY_MB = { default: 256, authorizer: 512 } as const
/** Nothing measures how long a function runs on AWS: this is an assumption until your metrics say better. */
export const ASSUMED_DURATION_MS = 100

export type Prices = Readonly<Record<ItemName, number>>

export interface Line {
  item: ItemName
  /** For one request. */
  units: number
  usd: number
}

export interface Estimate {
  lines: Line[]
  usd: number
}

/** What one request of a path takes, compute included. */
export function unitsOf(path: PathName, durationMs: number = ASSUMED_DURATION_MS): Partial<Record<ItemName, number>> {
  const units: Units = MEASURED[path]
  const sums = Object.entries(units).map(([item, byName]) => [item, sum(Object.values(byName))] as const)
  const gbSeconds = sum(
    Object.entries(units['lambda.requests'] ?? {}).map(([name, invocations]) => {
      const memoryMb = name === 'authorizer' ? FUNCTION_MEMORY_MB.authorizer : FUNCTION_MEMORY_MB.default
      return (invocations * (memoryMb / 1024) * durationMs) / 1000
    }),
  )
  return { ...Object.fromEntries(sums), ...(gbSeconds > 0 && { 'lambda.gbSeconds': gbSeconds }) }
}

/** What so many requests of a path cost. */
export function estimate(
  path: PathName,
  { requests, prices, durationMs }: { requests: number; prices: Prices; durationMs?: number },
): Estimate {
  const units = unitsOf(path, durationMs)
  const lines = ITEM_NAMES.flatMap((item): Line[] => {
    const used = units[item]
    return used === undefined ? [] : [{ item, units: used, usd: (used * requests * prices[item]) / ITEMS[item].per }]
  })
  return { lines, usd: sum(lines.map(({ usd }) => usd)) }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
