import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseSync, Visitor } from 'oxc-parser'
import { describe, expect, test } from 'vitest'
import { DEFAULT_ROOT } from '#contract/index.ts'
import { IMPORT_TABLE } from './import-table.ts'

const PROJECT_FOLDER = dirname(dirname(fileURLToPath(import.meta.url)))

const FREE_FOLDERS = ['bench', 'examples', 'test']
/** Nobody else imports these. */
const UNIMPORTED_FOLDERS = ['bench', 'bin', 'examples', 'test']

/** Where the subfolders of a folder meet: these files of a neighbour may be imported, no others. */
const BORDERS: Readonly<Record<string, readonly string[]>> = {
  local: ['local/*/index.ts'],
  // file by file: the authorizer, for example, must not load the chain of the handlers
  functions: [
    'functions/shared/*.ts',
    'functions/shared/asking/*.ts',
    // the judgement of the conscience, which the workflow of the review makes as well
    'functions/conscience/env.ts',
    'functions/conscience/evaluator.ts',
    'functions/conscience/current-rules.ts',
    'functions/conscience/rule-engine.ts',
    'functions/conscience/rule-table.ts',
    'functions/conscience/rules.ts',
  ],
}

/** What loads what it does not know by name: the code of a function, and of a handler of commands. */
const LOADS_BY_PATH = ['edge/commands/heavy-worker.ts', 'local/lambda/worker-host.mjs']

const MAX_LINES = 300
/** Tests are read from the top for one behaviour, so they may be longer. */
const MAX_TEST_LINES = 450
/** Longer than MAX_LINES, each with its reason. */
const LONG_FILES: Readonly<Record<string, string>> = {}

/** Where topics may be spelled out. Everywhere else they are derived from the contract. */
const TOPIC_FOLDERS = ['contract', 'examples', 'test']

interface Import {
  /** Undefined for a dynamic import of an expression. */
  specifier: string | undefined
  /** Named `z` out of the package. */
  names: readonly string[]
}

interface SourceFile {
  imports: Import[]
  exportsAll: boolean
  /** Strings, and the beginnings of template literals. */
  texts: string[]
}

function readSource(path: string, source: string): SourceFile {
  const { program, module, errors } = parseSync(path, source)
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`)
  const imports: Import[] = module.staticImports.map(({ moduleRequest, entries }) => ({
    specifier: moduleRequest.value,
    names: entries.flatMap(({ importName }) => importName.name ?? []),
  }))
  const reexports = module.staticExports.flatMap(({ entries }) => entries)
  for (const { moduleRequest } of reexports)
    if (moduleRequest) imports.push({ specifier: moduleRequest.value, names: [] })
  const texts: string[] = []
  const textOf = (node: { type: string; value?: unknown }) =>
    node.type === 'Literal' && typeof node.value === 'string' ? node.value : undefined
  new Visitor({
    ImportExpression: (node) => void imports.push({ specifier: textOf(node.source), names: [] }),
    TSImportType: (node) => void imports.push({ specifier: textOf(node.source), names: [] }),
    Literal: (node) => void (typeof node.value === 'string' && texts.push(node.value)),
    TemplateLiteral: (node) => void texts.push(node.quasis[0]?.value.raw ?? ''),
  }).visit(program)
  return { imports, texts, exportsAll: reexports.some(({ importName }) => importName.kind.startsWith('All')) }
}

/** Everything that is wrong with a file, as `path: what`. */
function violations(path: string, source: string): string[] {
  const { imports, exportsAll, texts } = readSource(path, source)
  const topFolder = path.split('/')[0] ?? ''
  const found = imports.flatMap((one) => importViolations(path, one))
  const lines = source.split('\n').length - 1
  const maxLines = topFolder === 'test' ? MAX_TEST_LINES : MAX_LINES
  if (lines > maxLines && !LONG_FILES[path]) found.push(`has ${lines} of ${maxLines} lines`)
  if (exportsAll) found.push('exports everything of another file; list the names')
  if (!TOPIC_FOLDERS.includes(topFolder)) {
    const topics = texts.filter((text) => text.startsWith(`${DEFAULT_ROOT}/`))
    found.push(...topics.map((topic) => `spells the topic ${topic}; derive it from the contract`))
  }
  return found.map((problem) => `${path}: ${problem}`)
}

function importViolations(path: string, { specifier, names }: Import): string[] {
  if (specifier === undefined) {
    const mayLoad = LOADS_BY_PATH.includes(path) || isFree(path)
    return mayLoad ? [] : ['imports what only running it tells']
  }
  const found: string[] = []
  if (specifier === 'zod' && names.includes('z')) found.push("imports { z } from 'zod'; import * as z instead")
  if (specifier.startsWith('.')) found.push(...relativeViolations(path, specifier))
  else if (!isFree(path) && !isAllowed(path, specifier)) found.push(`may not import ${specifier}`)
  return found
}

function relativeViolations(path: string, specifier: string): string[] {
  const target = posix.normalize(posix.join(posix.dirname(path), specifier))
  if (!/\.(tsx?|mjs|css)$/.test(target)) return [`imports ${specifier} without its ending`]
  const [folder = '', subfolder] = path.split('/')
  const [targetFolder = '', targetSubfolder] = target.split('/')
  if (isFree(path)) {
    const strangers = UNIMPORTED_FOLDERS.filter((one) => one !== folder)
    return strangers.includes(targetFolder) && targetFolder !== 'examples' ? [`may not import ${target}`] : []
  }
  if (targetFolder !== folder) return [`reaches ${target} by a relative path; import #${target}`]
  const border = BORDERS[folder]
  const staysInside = subfolder === targetSubfolder || !target.slice(folder.length + 1).includes('/')
  if (!border || staysInside || border.some((pattern) => matches(pattern, target))) return []
  return [`may not import ${target}; neighbours meet in ${border.join(', ')}`]
}

function isAllowed(path: string, specifier: string): boolean {
  const rows = Object.keys(IMPORT_TABLE).filter((entry) => path === entry || path.startsWith(`${entry}/`))
  const row = IMPORT_TABLE[rows.sort((one, other) => other.length - one.length)[0] ?? '']
  return row !== undefined && [...row.ours, ...row.packages, ...row.node].some((one) => matches(one, specifier))
}

function isFree(path: string): boolean {
  return FREE_FOLDERS.includes(path.split('/')[0] ?? '')
}

function matches(pattern: string, text: string): boolean {
  const [head = '', below] = pattern.split('/**')
  const expression = head
    .split('*')
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
    .join('[^/]+')
  return new RegExp(`^${expression}${below === undefined ? '' : '/.+'}$`).test(text)
}

function sourceFiles(): string[] {
  const folders = [
    ...new Set([...Object.keys(IMPORT_TABLE).map((entry) => entry.split('/')[0] ?? ''), ...FREE_FOLDERS]),
  ]
  return folders.flatMap((folder) =>
    readdirSync(join(PROJECT_FOLDER, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(tsx?|mjs|js)$/.test(file) && !file.endsWith('.d.ts') && !file.includes('node_modules'))
      .map((file) => `${folder}/${file.replaceAll('\\', '/')}`),
  )
}

test('every file keeps to the import table, the borders of folders, and its length', () => {
  const files = sourceFiles()

  const found = files.flatMap((path) => violations(path, readFileSync(join(PROJECT_FOLDER, path), 'utf8')))

  expect(files.length).toBeGreaterThan(200)
  expect(found).toEqual([])
})

test('every folder with code is in the import table', () => {
  const known = [...Object.keys(IMPORT_TABLE).map((entry) => entry.split('/')[0]), ...FREE_FOLDERS]
  const notCode = ['certs', 'cdk.out', 'dist', 'docs', 'node_modules']
  const folders = readdirSync(PROJECT_FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !notCode.includes(entry.name))
    .map(({ name }) => name)

  expect(folders.filter((folder) => !known.includes(folder))).toEqual([])
})

test('every file listed as long is there and is', () => {
  for (const path of Object.keys(LONG_FILES)) {
    expect(readFileSync(join(PROJECT_FOLDER, path), 'utf8').split('\n').length).toBeGreaterThan(MAX_LINES)
  }
})

describe('a planted violation is found:', () => {
  test.each([
    ['a Node module in the contract', 'contract/x.ts', "import { join } from 'node:path'"],
    ['a package in the contract', 'contract/x.ts', "import jwt from 'jsonwebtoken'"],
    ['a type of another folder', 'correlation/x.ts', "import type { Runtime } from '#local/index.ts'"],
    ['a dynamic import', 'functions/api/x.ts', "export const load = () => import('#local/index.ts')"],
    ['a type written as an import', 'contract/x.ts', "export type Stack = import('aws-cdk-lib').Stack"],
    ['a re-export', 'contract/x.ts', "export { join } from 'node:path'"],
    ['an import for its effect', 'contract/x.ts', "import 'node:test'"],
    ['a file behind an index', 'functions/api/x.ts', "import { ERRORS } from '#contract/errors.ts'"],
    ['a border crossed by a relative path', 'functions/api/x.ts', "import { a } from '../../contract/index.ts'"],
    ['a handler in the stack', 'lib/x.ts', "import { handler } from '#functions/api/index.ts'"],
    ['the application in the local runtime', 'local/iot/x.ts', "import { TOPICS } from '#contract/index.ts'"],
    ['the SDK in the local runtime', 'local/iot/x.ts', "import { IoTClient } from '@aws-sdk/client-iot'"],
    ['a neighbour behind its index in local', 'local/iot/x.ts', "import { parse } from '../iot-sql/parse.ts'"],
    ['a neighbour behind its index in functions', 'functions/api/x.ts', "import { a } from '../memory/handler.ts'"],
    ['code that imports an entry', 'cli/x.ts', "import '#bin/app.ts'"],
    ['code that imports a test', 'lib/x.ts', "import { a } from '#test/lib/project.ts'"],
    ['the command line in the CDK app', 'bin/app.ts', "import { runCommandLine } from '#cli/index.ts'"],
    ['a test that imports a bench', 'test/x.ts', "import { a } from '../bench/round-trip.ts'"],
    ['an import that only running tells', 'cli/x.ts', 'export const load = (name: string) => import(name)'],
    ['a missing ending', 'lib/x.ts', "import { a } from './settings'"],
    ['the namespace object of zod', 'contract/x.ts', "import { z } from 'zod'"],
    ['the namespace object of zod under another name', 'functions/api/x.ts', "import { z as zod } from 'zod'"],
    ['everything of another file', 'contract/x.ts', "export * from './errors.ts'"],
    ['a topic spelled out', 'functions/api/x.ts', "export const topic = 'jamey/api/requests'"],
    ['a topic spelled out in a template', 'cli/x.ts', 'export const topic = (id: string) => `jamey/responses/${id}`'],
    ['a file of 301 lines', 'contract/x.ts', '\n'.repeat(301)],
    ['a folder that is not in the table', 'helpers/x.ts', "import { join } from 'node:path'"],
  ])('%s', (_, path, source) => {
    expect(violations(path, source)).toHaveLength(1)
  })

  test.each([
    ['contract/x.ts', "import * as z from 'zod'\nimport { bridgeError } from './errors.ts'"],
    ['functions/api/env.ts', "import { requestEnvironment } from '../shared/settings.ts'"],
    ['lib/x.ts', "import * as iot from 'aws-cdk-lib/aws-iot'\nimport { a } from '#functions/api/env.ts'"],
    ['lib/constructs/x.ts', "import type { BridgeSettings } from '../settings.ts'"],
    [
      'local/iot/x.ts',
      "import { matchesTopic } from '#contract/topic-filter.ts'\nimport { a } from '../broker/index.ts'",
    ],
    ['local/index.ts', "export { startRuntime } from './runtime/index.ts'"],
    ['test/x.ts', "import { TOPICS } from '#contract/index.ts'\nexport const topic = 'jamey/api/requests'"],
    ['contract/x.ts', '\n'.repeat(300)],
    ['cli/x.ts', "// the topic 'jamey/api/requests'\nexport const text = 'such as jamey/api/requests'"],
  ])('and nothing in %s: %s', (path, source) => {
    expect(violations(path, source)).toEqual([])
  })
})
