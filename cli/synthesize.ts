import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { CommandError } from './command-error.ts'

/** What the template is made of. */
const SOURCES = [
  'bin/app.ts',
  'contract',
  'correlation',
  'functions',
  'keys',
  'lib',
  'fleet.json',
  'cdk.json',
  'package-lock.json',
]
/** How the names of settings end that name a file; none is named by an empty one. */
const FILE_SETTING = /File$/
const KEY_FILE = '.sources'
/** Reading TypeScript takes a good part of the time of a synthesis. Relative to the project, where the app runs. */
export const COMPILE_CACHE = 'node_modules/.cache/mqtt-cloud-bridge/compiled'

/** Runs the CDK app with these variables beside those of this process; rejects with synth_failed. */
export type RunApp = (env: Readonly<Record<string, string>>, signal?: AbortSignal) => Promise<void>

/**
 * Makes sure that `outputFolder` holds the assembly of today's sources and context, and makes it only when they have changed.
 * Returns whether it was made. Throws synth_failed with the app's own words.
 */
export async function synthesize(options: {
  projectFolder: string
  outputFolder: string
  context: Readonly<Record<string, string>>
}): Promise<boolean> {
  const { projectFolder, outputFolder, context } = options
  const keyFile = join(outputFolder, KEY_FILE)
  const defaults = projectContext(projectFolder)
  const sources = sourcesKey(projectFolder, { ...defaults, ...context })
  // the folder is also where "cdk synth" writes, for whatever stage: what stands there must be what was made here
  const isCurrent = existsSync(keyFile) && readFileSync(keyFile, 'utf8') === `${sources} ${assemblyKey(outputFolder)}`
  if (isCurrent) return false
  await synthesizeInto(outputFolder, options)
  writeFileSync(keyFile, `${sources} ${assemblyKey(outputFolder)}`)
  return true
}

/** Makes an assembly in a folder. Throws synth_failed with the app's own words; with `signal` aborted, at once. */
export async function synthesizeInto(
  outputFolder: string,
  options: {
    projectFolder: string
    context: Readonly<Record<string, string>>
    signal?: AbortSignal
    /** @default in a new process */
    run?: RunApp
    /** With bundles that are no deployment's, but soon made. @default false */
    inHaste?: boolean
  },
): Promise<void> {
  const { projectFolder, context, signal, run = runIn(projectFolder), inHaste = false } = options
  const env = {
    CDK_OUTDIR: outputFolder,
    CDK_CONTEXT_JSON: JSON.stringify({ ...projectContext(projectFolder), ...context }),
    // the checks before a deployment are for "cdk synth"; they take longer than all the rest
    CDK_VALIDATION: 'false',
    ...(inHaste && { BUNDLES_IN_HASTE: 'true' }),
  }
  await run(env, signal)
}

/** Files and folders that a template is made of; `context` beside what cdk.json says. */
export function watchedPaths(projectFolder: string, context: Readonly<Record<string, string>>): string[] {
  const settings = { ...projectContext(projectFolder), ...context }
  return [...SOURCES, ...namedFiles(settings)].map((source) => resolve(projectFolder, source))
}

function namedFiles(settings: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) =>
    FILE_SETTING.test(name) && typeof value === 'string' && value !== '' ? [value] : [],
  )
}

/** The settings that cdk.json gives to every synthesis. */
export function projectContext(projectFolder: string): Record<string, unknown> {
  const { context } = JSON.parse(readFileSync(join(projectFolder, 'cdk.json'), 'utf8')) as {
    context?: Record<string, unknown>
  }
  return context ?? {}
}

/** Tells whether the templates of an assembly take this parameter; a folder without templates is told of by whoever loads it. */
export function hasParameter(assemblyFolder: string, name: string): boolean {
  const files = existsSync(assemblyFolder) ? readdirSync(assemblyFolder) : []
  const templates = files.filter((file) => file.endsWith('.template.json'))
  const takesIt = (file: string) => {
    const { Parameters = {} } = JSON.parse(readFileSync(join(assemblyFolder, file), 'utf8')) as { Parameters?: object }
    return Object.hasOwn(Parameters, name)
  }
  return templates.length === 0 || templates.some(takesIt)
}

function sourcesKey(projectFolder: string, context: Readonly<Record<string, unknown>>): string {
  const hash = createHash('sha256').update(JSON.stringify(context))
  for (const source of [...SOURCES, ...namedFiles(context)]) {
    for (const file of filesOf(resolve(projectFolder, source))) hash.update(file).update(readFileSync(file))
  }
  return hash.digest('hex')
}

/** What the templates and the manifest of an assembly say; empty where there is none. */
function assemblyKey(folder: string): string {
  const hash = createHash('sha256')
  const files = existsSync(folder)
    ? readdirSync(folder).filter((name) => /^manifest\.json$|\.template\.json$/.test(name))
    : []
  for (const name of files.sort()) hash.update(name).update(readFileSync(join(folder, name)))
  return hash.digest('hex')
}

function filesOf(path: string): string[] {
  // a setting may name a file that is not there; the app says so
  if (!existsSync(path)) return []
  if (statSync(path).isFile()) return [path]
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

function runIn(projectFolder: string): RunApp {
  return (env, signal) =>
    appEnded(
      spawn(process.execPath, ['bin/app.ts'], {
        cwd: projectFolder,
        env: { NODE_COMPILE_CACHE: COMPILE_CACHE, ...process.env, ...env },
        stdio: ['ignore', 'ignore', 'pipe'],
        ...(signal && { signal }),
      }),
    )
}

/** Resolves when a run of the CDK app has ended well. Rejects with synth_failed and the app's own words, from standard error. */
export function appEnded(child: ChildProcess): Promise<void> {
  const words: Buffer[] = []
  child.stderr?.on('data', (chunk: Buffer) => words.push(chunk))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exitCode) => {
      if (exitCode === 0) resolve()
      else reject(new CommandError('failed', 'synth_failed', Buffer.concat(words).toString('utf8').trim()))
    })
  })
}
