import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import {
  createLambdaService,
  type DeliverySource,
  type FunctionDefinition,
  type JsonValue,
  type LogEntry,
  type LogLine,
} from '#local/lambda/index.ts'
import { type Clock, openState, type State } from '#local/state/index.ts'

export interface Delivered {
  targetArn: string
  body: JsonValue
  from: DeliverySource
}

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-lambda-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Writes bundles: file name to source. */
export function writeBundle(files: Record<string, string>): string {
  const folder = temporaryFolder()
  for (const [name, source] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), source)
  }
  return folder
}

export function arnOf(functionName: string): string {
  return `arn:aws:lambda:eu-west-1:123456789012:function:${functionName}`
}

/** A function with the given source as its index.mjs, or with the given folder. */
export function functionOf(
  source: string,
  changes: Partial<FunctionDefinition> & { functionName?: string } = {},
): FunctionDefinition {
  const functionName = changes.functionName ?? 'echo'
  return {
    functionName,
    functionArn: arnOf(functionName),
    codePath: changes.codePath ?? writeBundle({ 'index.mjs': source }),
    handler: 'index.handler',
    environment: {},
    timeoutSeconds: 5,
    memoryMb: 128,
    ...changes,
  }
}

/** A service with everything it says, closed after the test. */
export function setUp(
  options: {
    clock?: Clock
    state?: State
    maxWorkersPerFunction?: number
    duplicatesOf?: (functionName: string) => number
    deliver?: (delivered: Delivered) => Promise<void>
    onLine?: (line: LogLine) => void
    onEntry?: (entry: LogEntry) => void
  } = {},
) {
  const state = options.state ?? openState({ file: ':memory:' })
  const lines: LogLine[] = []
  const entries: LogEntry[] = []
  const delivered: Delivered[] = []
  const service = createLambdaService({
    db: state.db,
    clock: options.clock,
    maxWorkersPerFunction: options.maxWorkersPerFunction,
    duplicatesOf: options.duplicatesOf,
    log(entry) {
      entries.push(entry)
      options.onEntry?.(entry)
    },
    onLogLine(line) {
      lines.push(line)
      options.onLine?.(line)
    },
    async deliver(targetArn, body, from) {
      await options.deliver?.({ targetArn, body, from })
      delivered.push({ targetArn, body, from })
    },
  })
  onTestFinished(async () => {
    await service.close()
    state.close()
  })
  const texts = () => lines.map(({ text }) => text)
  return { service, state, lines, texts, entries, delivered }
}
