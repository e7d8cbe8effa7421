import { DEFAULT_ROOT, DEFAULT_STAGE } from '#contract/index.ts'
import { writeRuntimeFile } from '../../../cli/runtime-file.ts'
import type { Bridge } from './bridge.ts'

/** Leaves word of a running bridge in a state folder, as `bridge start` does, so that commands with `--state` find it. */
export function announceBridge({ runtime }: Bridge, stateFolder: string): void {
  const { mqttUrl, endpoints, apiUrl, caFile, region, credentials } = runtime
  const target = { mqttUrl, endpoints, apiUrl, caFile, region, credentials }
  writeRuntimeFile(stateFolder, { pid: process.pid, ...target, root: DEFAULT_ROOT, stage: DEFAULT_STAGE })
}
