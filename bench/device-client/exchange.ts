import { percentile } from '../report.ts'
import type { Contestant, Peer } from './contestant.ts'

/** Like an IoT Core connection, which takes 100 unacknowledged messages. */
const IN_FLIGHT = 90
const SAMPLES = { blocks: 8, asksPerBlock: 60, publishesPerBlock: 6_000 } as const
/** Until the code of every client is compiled; a slow one is given up on before it has asked so often. */
const WARM_UP = { publishes: 4_000, asks: 2_000, longestMs: 2_000 } as const

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
  for (const { peer } of samples) await warmUp(peer)
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

async function warmUp(peer: Peer): Promise<void> {
  await publishMany(peer, WARM_UP.publishes)
  const endsAtMs = performance.now() + WARM_UP.longestMs
  for (let count = 0; count < WARM_UP.asks && performance.now() < endsAtMs; count++) await peer.ask()
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
