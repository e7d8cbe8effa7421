// A process of its own: connects so many clients of one contestant and tells what each costs in memory while idle.
import { readFileSync } from 'node:fs'
import { contestantNamed } from './contestants.ts'

const [, , name, port, caFile, count] = process.argv
if (name === undefined || port === undefined || caFile === undefined || count === undefined) {
  throw new Error('usage: idle-memory NAME PORT CA_FILE COUNT')
}
const BATCH = 25
const clients = Number(count)
const endpoint = { name: '', port: Number(port), ca: readFileSync(caFile, 'utf8') }
const contestant = contestantNamed(name)

// what the first client loads is not what each client costs
await contestant.connect(endpoint, `bench-idle-${process.pid}-first`)
const before = settledBytes()
for (let index = 0; index < clients; index += BATCH) {
  const ids = Array.from(
    { length: Math.min(BATCH, clients - index) },
    (_, at) => `bench-idle-${process.pid}-${index + at}`,
  )
  await Promise.all(ids.map((id) => contestant.connect(endpoint, id)))
}
// they are not closed one by one: native clients take their time over it, and nothing is measured any more
process.once('disconnect', () => process.exit())
process.send?.((settledBytes() - before) / clients)

/** Resident memory after a full collection: native clients keep theirs outside of the heap. */
function settledBytes(): number {
  if (!globalThis.gc) throw new Error('run with --expose-gc')
  globalThis.gc()
  globalThis.gc()
  return process.memoryUsage.rss()
}
