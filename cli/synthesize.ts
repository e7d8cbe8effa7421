import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CommandError } from './command-error.ts'

/** What the template is made of. */
const SOURCES = [
  'bin/app.ts',
  'contract',
  'correlation',
  'functions',
  'lib',
  'fleet.json',
  'cdk.json',
  'package-lock.json',
]
const KEY_FILE = '.sources'

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
  const key = sourcesKey(projectFolder, context)
  if (existsSync(keyFile) && readFileSync(keyFile, 'utf8') === key) return false
  const { context: defaults } = JSON.parse(readFileSync(join(projectFolder, 'cdk.json'), 'utf8')) as { context: object }
  await run(projectFolder, {
    ...process.env,
    CDK_OUTDIR: outputFolder,
    CDK_CONTEXT_JSON: JSON.stringify({ ...defaults, ...context }),
    // the checks before a deployment are for "cdk synth"; they take longer than all the rest
    CDK_VALIDATION: 'false',
  })
  writeFileSync(keyFile, key)
  return true
}

function sourcesKey(projectFolder: string, context: Readonly<Record<string, string>>): string {
  const hash = createHash('sha256').update(JSON.stringify(context))
  for (const source of SOURCES) {
    for (const file of filesOf(join(projectFolder, source))) hash.update(file).update(readFileSync(file))
  }
  return hash.digest('hex')
}

function filesOf(path: string): string[] {
  if (statSync(path).isFile()) return [path]
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

function run(projectFolder: string, env: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn(process.execPath, ['bin/app.ts'], {
    cwd: projectFolder,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const words: Buffer[] = []
  child.stderr.on('data', (chunk: Buffer) => words.push(chunk))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exitCode) => {
      if (exitCode === 0) resolve()
      else reject(new CommandError('failed', 'synth_failed', Buffer.concat(words).toString('utf8').trim()))
    })
  })
}
