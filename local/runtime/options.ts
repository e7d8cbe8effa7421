import type { RuntimeLog } from '../iot/index.ts'
import type { LogLine } from '../lambda/index.ts'

export interface RuntimeOptions {
  /** Folder of the synthesized cloud assembly, `cdk.out`. */
  assemblyFolder: string
  /** Folder of all state; absent: everything is kept in memory and gone at the end. */
  stateFolder?: string | undefined
  /** Folder of the development certificates, made where missing. */
  certificatesFolder: string
  /** 0 takes a free one. */
  mqttPort: number
  /** 0 takes a free one. */
  apiPort: number
  /** Values of the template's parameters; others keep their defaults. */
  parameters?: Readonly<Record<string, string>>
  log: RuntimeLog
  onLogLine?(line: LogLine): void
  /** Told before each step that takes time. */
  onProgress?(step: string): void
}

/** Where this account is: nowhere. The region is a real one, so that SDK clients accept it. */
export const LOCAL_ACCOUNT = { accountId: '000000000000', region: 'us-east-1', host: 'localhost' } as const
