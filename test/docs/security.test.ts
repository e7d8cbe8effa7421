import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runCommandLine } from '#cli/index.ts'
import * as contract from '#contract/index.ts'
import { PROJECT_FOLDER, readDocument, tableRows } from './markdown.ts'

const document = readDocument('docs/SECURITY.md')

describe('docs/SECURITY.md', () => {
  const checks = tableRows(document, ['check', 'stops', 'held by'])

  test.each(checks)('the check "%s" is held by a test that exists', (_, _stops, heldBy = '') => {
    const [, link = '', title = ''] = /\]\(([^)]+)\) "(.+)"$/.exec(heldBy) ?? []
    const file = join(PROJECT_FOLDER, dirname('docs/SECURITY.md'), link)

    expect(existsSync(file), heldBy).toBe(true)
    expect(readFileSync(file, 'utf8')).toContain(title)
    expect(title.length).toBeGreaterThan(8)
  })

  test('gives every number the value of its constant', () => {
    const numbers = [...document.matchAll(/(\d+) s\*{0,2} \(`(\w+)\.(\w+)`\)/g)]
    const constants = contract as unknown as Record<string, Record<string, number>>

    expect(numbers.length).toBeGreaterThan(4)
    expect(numbers.map(([, shown, table = '', name = '']) => [name, Number(shown), constants[table]?.[name]])).toEqual(
      numbers.map(([, shown, , name]) => [name, Number(shown), Number(shown)]),
    )
  })

  const commands = [...document.matchAll(/^npx bridge (.+)$/gm)].map(([, words = '']) => words)

  test.each([...new Set(commands)])('bridge %s is a command with these options', async (words) => {
    const { exitCode, told } = await helpFor(words.split(' '))
    const options = words.split(' ').filter((word) => word.startsWith('--'))

    expect(exitCode).toBe(0)
    expect(options.filter((option) => !told.includes(option))).toEqual([])
    // help of a word that is no command is that of the program
    expect(told).toContain(`Usage: bridge ${words.split(' ').slice(0, commandLength(words)).join(' ')} `)
  })
})

/** `device revoke` has two words, `doctor` one. */
function commandLength(words: string): number {
  return /^(device|secret) /.test(words) ? 2 : 1
}

async function helpFor(words: readonly string[]): Promise<{ exitCode: number; told: string }> {
  let told = ''
  const write = process.stdout.write
  process.stdout.write = (text: string | Uint8Array) => {
    told += String(text)
    return true
  }
  try {
    const name = words.slice(0, commandLength(words.join(' ')))
    const exitCode = await runCommandLine([...name, '--help'], PROJECT_FOLDER)
    return { exitCode, told }
  } finally {
    process.stdout.write = write
  }
}
