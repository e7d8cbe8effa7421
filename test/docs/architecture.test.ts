import { readdirSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { parseSync } from 'oxc-parser'
import { describe, expect, test } from 'vitest'
import * as contract from '#contract/index.ts'
import { MAX_PERMISSIONS } from '../../contract/permissions.ts'
import { POLICY_LIMITS } from '../../contract/policy.ts'
import { PROJECT_FOLDER, readDocument, tableRows, unquoted } from './markdown.ts'

const document = readDocument('docs/ARCHITECTURE.md')

describe('docs/ARCHITECTURE.md', () => {
  test('lists every topic with direction, QoS, handler and shared reply topic', () => {
    const rows = tableRows(document, ['topic', 'direction', 'QoS', 'handled by', 'reply'])

    expect(rows).toEqual(
      contract.TOPIC_KEYS.map((key) => {
        const { direction, qos, handledBy = '', workflow, reply } = contract.topicDefinition(key)
        const shared = reply?.sharedTopic === undefined ? '' : `; shared topic \`${reply.sharedTopic}\``
        return [
          `\`${key}\``,
          direction,
          String(qos),
          workflow ? `workflow ${workflow}` : handledBy,
          reply ? `yes${shared}` : '',
        ]
      }),
    )
  })

  test('gives every number the value of its constant', () => {
    const rows = tableRows(document, ['constant', 'value', 'what'])
    const constants: Record<string, unknown> = { ...contract, POLICY_LIMITS, MAX_PERMISSIONS }

    const actual = rows.map(([name]) => [name, String(valueAt(constants, unquoted(name)))])

    expect(rows.map(([name, value]) => [name, value])).toEqual(actual)
  })

  test('describes every outcome', () => {
    const rows = tableRows(document, ['outcome', 'meaning', 'published'])

    expect(rows.map(([name]) => unquoted(name))).toEqual(
      contract.outcomeSchema.options.map((option) => option.shape.outcome.value),
    )
  })

  describe.each(tableRows(document, ['folder', 'from other folders', 'packages']))(
    'imports of %s',
    (cell, folders = '', packages = '') => {
      const folder = unquoted(cell)
      const imported = importsOf(folder)

      test('come from the folders that the table allows', () => {
        const used = imported.filter((name) => name.startsWith('#')).map((name) => name.slice(1).split('/')[0] ?? '')

        expect(used.filter((name) => name !== folder && !listOf(folders).includes(name))).toEqual([])
      })

      test('come from the packages that the table allows', () => {
        const used = imported.filter((name) => !/^[#.]/.test(name) && !isBuiltin(name))
        const allowed = listOf(packages)

        expect(
          used.filter((name) => !allowed.some((one) => covers(one, name))),
          `allowed: ${packages}`,
        ).toEqual([])
      })
    },
  )
})

function valueAt(constants: Record<string, unknown>, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (value, name) =>
        value !== null && typeof value === 'object' ? (value as Record<string, unknown>)[name] : undefined,
      constants,
    )
}

function listOf(cell: string): string[] {
  return cell.split(', ').filter(Boolean)
}

function covers(allowed: string, name: string): boolean {
  return allowed.endsWith('/*')
    ? name.startsWith(allowed.slice(0, -1))
    : name === allowed || name.startsWith(`${allowed}/`)
}

/** What the files of a folder import, without duplicates. */
function importsOf(folder: string): string[] {
  const files = readdirSync(join(PROJECT_FOLDER, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /(?<!\.d)\.(ts|mjs)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
  const names = files.flatMap((file) => {
    const source = readFileSync(file, 'utf8')
    const { staticImports, staticExports, dynamicImports } = parseSync(file, source).module
    return [
      ...staticImports.map((one) => one.moduleRequest.value),
      ...staticExports.flatMap((one) => one.entries.flatMap((entry) => entry.moduleRequest?.value ?? [])),
      // a computed name, such as that of a bundle, is no import of ours
      ...dynamicImports.flatMap(({ moduleRequest: { start, end } }) => {
        const [, name] = /^'(.*)'$/.exec(source.slice(start, end)) ?? []
        return name ?? []
      }),
    ]
  })
  return [...new Set(names)]
}
