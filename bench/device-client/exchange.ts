import { percentile } from '../report.ts'
import type { Contestant, Peer } from './contestant.ts'

/** Like an IoT Core connection, which takes 100 unacknowledged messages. */
const IN_FLIGHT = 90
const SAMPLES = { warmUp: 200, blocks: 8, asksPerBlock: 60, publishesPerBlock: 6_000 } as const

export interface Exchange {
  name: string
  p50Ms: number
  p99Ms: number
  publishesPerSecond: number
}

/** Alternates between the contestants in blocks, so that a change of the machine's mood hits all. */
export async function measureExchange(
  peers: readonly { contestant: Contestant; peer: Peer }[],
  onBlock: (block: number, blocks: number) => void,
): Promise<Exchange[]> {
  const samples = peers.map(({ contestant, peer }) => ({
    name: contestant.name,
    peer,
    asksMs: [] as number[],
    publishesPerSecond: [] as number[],
  }))
  for (const { peer } of samples) await publishMany(peer, SAMPLES.warmUp * 10)
  for (let block = 1; block <= SAMPLES.blocks; block++) {
    onBlock(block, SAMPLES.blocks)
    for (const { peer, asksMs, publishesPerSecond } of samples) {
      for (let index = 0; index < SAMPLES.asksPerBlock; index++) {
        const startedAtMs = performance.now()
        await peer.ask()
        asksMs.push(performance.now() - startedAtMs)
      }
      const startedAtMs = performance.now()
      await publishMany(peer, SAMPLES.publishesPerBlock)
      publishesPerSecond.push((SAMPLES.publishesPerBlock / (performance.now() - startedAtMs)) * 1_000)
    }
  }
  return samples.map(({ name, asksMs, publishesPerSecond }) => ({
    name,
    p50Ms: percentile(asksMs, 0.5),
    p99Ms: percentile(asksMs, 0.99),
    publishesPerSecond: percentile(publishesPerSecond, 0.5),
  }))
}

async function publishMany(peer: Peer, count: number): Promise<void> {
  let left = count
  const lane = async () => {
    while (left > 0) {
      left -= 1
      await peer.publish()
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane))
}
