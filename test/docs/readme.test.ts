import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { createProgram } from '../../cli/program.ts'
import { createTerminal } from '../../cli/terminal.ts'
import { createRuleEngine } from '../../functions/conscience/rule-engine.ts'
import { parseRules } from '../../functions/conscience/rules.ts'
import { settingsSchema } from '../../lib/settings.ts'
import { blockAfter, PROJECT_FOLDER, readDocument, tableRows, unquoted } from './markdown.ts'

const readme = readDocument('README.md')
const run = promisify(execFile)

describe('README.md', () => {
  test.each(['npm ci && npm start', 'npm ci && npm test'])('gives the command "%s" as it stands', (command) => {
    expect(readme.split('\n')).toContain(command)
  })

  test('shows the reply that its request gets', async () => {
    const { action, context } = JSON.parse(/npx bridge request conscience\/evaluate '(.*)'/.exec(readme)?.[1] ?? '')
    const engine = createRuleEngine(parseRules(JSON.parse(readDocument('functions/conscience/rules.json'))))
    const judgement = await engine.evaluate({ action, context, userId: null })

    const shown = JSON.parse(blockAfter(readme, 'the reply of the line above, held by a test'))

    expect(shown).toEqual({ action, ...judgement })
  })

  test('shows the answer that its question gets', async () => {
    const [, question = ''] = /npx bridge (explain [^\n]*)/.exec(readme) ?? []
    const { stdout } = await run(process.execPath, [join(PROJECT_FOLDER, 'bin/bridge.ts'), ...question.split(' ')])

    expect(blockAfter(readme, 'the answer of the line above, held by a test')).toBe(stdout)
  })

  test('names commands and options that the command line has', async () => {
    const program = await createProgram(createTerminal(), PROJECT_FOLDER)
    const calls = [...allDocuments().matchAll(/npx bridge ([a-z][^\n`]*)/g)].map(([, call = '']) => call)

    const unknown = calls.flatMap((call) => {
      const words = call.replaceAll(/'[^']*'/g, '').split(/\s+/)
      const { command, options } = find(program, words)
      if (command === program) return [call]
      return words.filter((word) => /^--[a-z]/.test(word) && !options.has(word.replace(/[=)].*/, '')))
    })

    expect(calls.length).toBeGreaterThan(20)
    expect(unknown).toEqual([])
  })

  test('has every setting of the stack in its table, with its default', () => {
    const rows = tableRows(readme, ['setting', 'default', 'meaning'])
    const defaults: Record<string, unknown> = settingsSchema.parse({})

    expect(rows.map(([name, shown]) => [unquoted(name), shown])).toEqual(
      Object.keys(settingsSchema.shape).map((name) => [name, shownDefault(defaults[name])]),
    )
  })

  test('has every folder of the code in its map, and nothing that is not there', () => {
    const listed = tableRows(readme, ['path', 'holds']).map(([path]) => unquoted(path))
    const folders = readdirSync(PROJECT_FOLDER, { withFileTypes: true }).filter(
      (entry) => entry.isDirectory() && !entry.name.startsWith('.') && !MADE.has(entry.name),
    )

    expect(listed.filter((path) => !existsSync(join(PROJECT_FOLDER, path)))).toEqual([])
    expect(listed.filter((path) => path.endsWith('/')).sort()).toEqual(folders.map(({ name }) => `${name}/`).sort())
  })
})

describe('links', () => {
  test.each(documentPaths())('of %s lead to files and headings that exist', (path) => {
    const links = [...readDocument(path).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link ?? '')

    const broken = links.filter((link) => !/^https?:/.test(link) && !resolves(path, link))

    expect(broken).toEqual([])
  })
})

/** Made by npm, tests and the CDK. */
const MADE = new Set(['node_modules', 'cdk.out', 'coverage', 'dist'])

function documentPaths(): string[] {
  const folders = [
    '.',
    'docs',
    'docs/connect',
    'certs',
    ...readdirSync(join(PROJECT_FOLDER, 'local')).map((name) => `local/${name}`),
  ]
  const found = folders.flatMap((folder) => {
    const path = join(PROJECT_FOLDER, folder)
    const names = existsSync(path) && !folder.endsWith('.ts') ? readdirSync(path) : []
    return names.filter((name) => name.endsWith('.md')).map((name) => join(folder, name))
  })
  const examples = readdirSync(join(PROJECT_FOLDER, 'examples')).map((name) => `examples/${name}/README.md`)
  return [...found, ...examples].sort()
}

function allDocuments(): string {
  return documentPaths().map(readDocument).join('\n')
}

function resolves(from: string, link: string): boolean {
  const [path = '', heading] = link.split('#')
  const target = path === '' ? from : join(dirname(from), path)
  if (!existsSync(join(PROJECT_FOLDER, target))) return false
  return heading === undefined || headingsOf(readDocument(target)).includes(heading)
}

/** Headings as GitHub makes anchors of them. */
function headingsOf(document: string): string[] {
  return [...document.matchAll(/^#+ (.*)$/gm)].map(([, text]) =>
    (text ?? '')
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}

function shownDefault(value: unknown): string {
  if (value === undefined) return 'none'
  return value === '' || (Array.isArray(value) && value.length === 0) ? 'empty' : `\`${String(value)}\``
}

/** The command that the first words name, with the options that it and those above it take. */
function find(program: Command, words: readonly string[]): { command: Command; options: Set<string> } {
  const options = new Set(['--help'])
  let command = program
  for (const word of words) {
    const next = command.commands.find((one) => one.name() === word)
    if (!next) break
    command = next
    for (const { long } of next.options) if (long) options.add(long)
  }
  return { command, options }
}
