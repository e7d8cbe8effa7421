import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { ensureCertificates } from '#local/tls/index.ts'
import { synthesize } from '../../../cli/synthesize.ts'

/** The checkout. */
export const PROJECT_FOLDER = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))))
const TEMPLATE_FILE = 'mqtt-cloud-bridge-dev.template.json'
const CACHE_FOLDER = join(PROJECT_FOLDER, 'node_modules/.cache/mqtt-cloud-bridge/e2e')
/** Holds the lock while another file of the run synthesizes. */
const LOCK_TIMEOUT_MS = 50_000

/** A CloudFormation template, as far as tests change it. */
export interface Template {
  Resources: Record<string, Resource>
  [section: string]: unknown
}
interface Resource {
  Type: string
  // biome-ignore lint/suspicious/noExplicitAny: a template is free JSON, and a test that reads it wrongly fails
  Properties: any
}

export interface SharedFolders {
  /** The cloud assembly of today's sources. Never written to by tests. */
  assembly: string
  certificates: string
}

let shared: Promise<SharedFolders> | undefined

/** Synthesizes once for all test files of a run, however many run at once, and makes the certificates. */
export function sharedFolders(): Promise<SharedFolders> {
  shared ??= prepare()
  return shared
}

async function prepare(): Promise<SharedFolders> {
  mkdirSync(CACHE_FOLDER, { recursive: true })
  const folders = { assembly: join(CACHE_FOLDER, 'cdk.out'), certificates: join(CACHE_FOLDER, 'certs') }
  // a database is a lock that waits without polling here and that the end of a process gives back
  const lock = new DatabaseSync(join(CACHE_FOLDER, 'lock.db'), { timeout: LOCK_TIMEOUT_MS })
  lock.exec('begin exclusive')
  try {
    await synthesize({ projectFolder: PROJECT_FOLDER, outputFolder: folders.assembly, context: { root: 'jamey' } })
    await ensureCertificates({ folder: folders.certificates, log: () => {} })
  } finally {
    lock.close()
  }
  return folders
}

export function readTemplate(assembly: string): Template {
  return JSON.parse(readFileSync(join(assembly, TEMPLATE_FILE), 'utf8')) as Template
}

/** A copy of an assembly (default: the shared one) with another template, and with other bundles for the functions named in `bundles`. */
export async function patchedAssembly(
  patch: (template: Template) => void,
  bundles: Readonly<Record<string, (bundleFolder: string) => void>> = {},
  from?: string,
): Promise<{ folder: string; [Symbol.dispose](): void }> {
  const assembly = from ?? (await sharedFolders()).assembly
  const folder = mkdtempSync(join(tmpdir(), 'bridge-e2e-assembly-'))
  const template = readTemplate(assembly)
  const changed = new Map(Object.entries(bundles).map(([name, change]) => [bundleFolderName(template, name), change]))
  for (const entry of readdirSync(assembly)) {
    const change = changed.get(entry)
    if (change || !entry.startsWith('asset.')) cpSync(join(assembly, entry), join(folder, entry), { recursive: true })
    else symlinkSync(join(assembly, entry), join(folder, entry))
    change?.(join(folder, entry))
  }
  patch(template)
  writeFileSync(join(folder, TEMPLATE_FILE), JSON.stringify(template))
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
}

/** Has this code be the bundle in a folder; it finds the real one in `./real.mjs`. */
export function standBefore(bundleFolder: string, code: string): void {
  renameSync(join(bundleFolder, 'index.mjs'), join(bundleFolder, 'real.mjs'))
  writeFileSync(join(bundleFolder, 'index.mjs'), code)
}

/** The assembly of today's sources with these settings, and with its template changed. */
export async function assemblyWith(
  settings: Readonly<Record<string, string>>,
  patch: (template: Template) => void = () => {},
): Promise<{ folder: string; [Symbol.dispose](): void }> {
  // its bundles are made by then, and found again
  await sharedFolders()
  const folder = mkdtempSync(join(tmpdir(), 'bridge-e2e-assembly-'))
  await synthesize({ projectFolder: PROJECT_FOLDER, outputFolder: folder, context: { root: 'jamey', ...settings } })
  const template = readTemplate(folder)
  patch(template)
  writeFileSync(join(folder, TEMPLATE_FILE), JSON.stringify(template))
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
}

/** A resource of the function with this name, for example `conscience`. */
export function functionResource(template: Template, name: string): Resource {
  const found = Object.values(template.Resources).find(
    ({ Type, Properties }) => Type === 'AWS::Lambda::Function' && String(Properties.FunctionName).endsWith(`-${name}`),
  )
  if (!found) throw new Error(`the template has no function ${name}`)
  return found
}

function bundleFolderName(template: Template, name: string): string {
  return `asset.${String(functionResource(template, name).Properties.Code.S3Key).replace(/\.zip$/, '')}`
}
