import type { Runtime } from '#local/index.ts'

type Units = Record<string, Record<string, number>>

/** Names as they are in every deployment, without what AWS is asked for anyhow: polls of queues that had nothing. */
const DEPLOYED = /^mqtt[-_]cloud[-_]bridge[-_]dev[-_]/
const LEFT_OUT = ['ReceiveMessage (empty)']
/** What is written of an execution is counted in whole KB here: it differs by some characters from run to run. */
const KB = 1024

/** What has been used up since, under names without the stage. */
export function billedSince(runtime: Runtime): () => Units {
  const before = runtime.billed() as Units
  return () => {
    const units: Units = {}
    for (const [item, byName] of Object.entries(runtime.billed())) {
      for (const [name, total] of Object.entries(byName)) {
        const used = total - (before[item]?.[name] ?? 0)
        if (used === 0 || LEFT_OUT.includes(name)) continue
        const rounded = item === 'durable.bytesWritten' ? Math.ceil(used / KB) * KB : used
        units[item] = { ...units[item], [name.replace(DEPLOYED, '')]: rounded }
      }
    }
    return units
  }
}

/** The part of some units whose names say so. */
export function partOf(units: Units, belongs: (name: string, item: string) => boolean): Units {
  const parts = Object.entries(units).map(([item, byName]) => {
    const entries = Object.entries(byName).filter(([name]) => belongs(name, item))
    return [item, Object.fromEntries(entries)] as const
  })
  return Object.fromEntries(parts.filter(([, byName]) => Object.keys(byName).length > 0))
}
