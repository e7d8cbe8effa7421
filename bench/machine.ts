import { cpus, loadavg, totalmem } from 'node:os'

/** Where numbers come from: without it they say nothing. */
export interface Machine {
  processor: string
  cores: number
  memoryGb: number
  node: string
  platform: string
  /** Of the last minute, before the measurement. A value near the number of cores spoils it. */
  loadAverage: number
}

export function describeMachine(): Machine {
  const processors = cpus()
  return {
    processor: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    loadAverage: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  }
}

export function machineText({ processor, cores, memoryGb, node, platform, loadAverage }: Machine): string {
  return `${processor}, ${cores} cores, ${memoryGb} GB · ${platform} · Node ${node} · load average ${loadAverage}`
}
