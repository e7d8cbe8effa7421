import { percentile } from '../report.ts'

/** One way for a message from a sender to its handler. */
export interface Way {
  readonly name: string
  /** Sends one message; resolves when the handler has it. */
  send(): Promise<void>
}

export interface Exchange {
  name: string
  p50Ms: number
  p99Ms: number
  messagesPerSecond: number
}

const SAMPLES = { blocks: 6, singles: 150, many: 3_000, inFlight: 64 } as const
const WARM_UP = 3_000

/** Alternates between the ways in blocks, so that a change of the machine's mood hits all. */
export async function measureWays(ways: readonly Way[], onBlock: (text: string) => void): Promise<Exchange[]> {
  const samples = ways.map((way) => ({ way, latenciesMs: [] as number[], perSecond: [] as number[] }))
  for (const { way } of samples) {
    onBlock(`warming up: ${way.name}`)
    await sendMany(way, WARM_UP)
  }
  for (let block = 1; block <= SAMPLES.blocks; block++) {
    onBlock(`block ${block} of ${SAMPLES.blocks}`)
    for (const { way, latenciesMs, perSecond } of samples) {
      latenciesMs.push(...(await singleLatencies(way, SAMPLES.singles)))
      const startedAtMs = performance.now()
      await sendMany(way, SAMPLES.many)
      perSecond.push((SAMPLES.many / (performance.now() - startedAtMs)) * 1_000)
    }
  }
  return samples.map(({ way, latenciesMs, perSecond }) => ({
    name: way.name,
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
    messagesPerSecond: percentile(perSecond, 0.5),
  }))
}

/** One after the other. */
export async function singleLatencies(way: Way, count: number): Promise<number[]> {
  const latenciesMs: number[] = []
  for (let index = 0; index < count; index++) {
    const startedAtMs = performance.now()
    await way.send()
    latenciesMs.push(performance.now() - startedAtMs)
  }
  return latenciesMs
}

async function sendMany(way: Way, count: number): Promise<void> {
  let left = count
  const lane = async () => {
    while (left > 0) {
      left -= 1
      await way.send()
    }
  }
  await Promise.all(Array.from({ length: SAMPLES.inFlight }, lane))
}
