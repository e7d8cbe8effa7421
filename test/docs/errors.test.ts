import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ERRORS } from '#contract/index.ts'
import { PROBLEMS } from '../../cli/doctor/problems.ts'
import { PROJECT_FOLDER, readDocument, tableRows, unquoted } from './markdown.ts'

const document = readDocument('docs/ERRORS.md')

describe('docs/ERRORS.md', () => {
  const bridge = tableRows(document, ['code', 'fault', 'retry', 'status', 'message', 'what to do'])
  const runtime = tableRows(document, ['code', 'from', 'what to do'])
  const commandLine = tableRows(document, ['code', 'exit code', 'what to do'])

  test('lists every code of the table with fault, retry, status and message', () => {
    const listed = bridge.map((row) => row.slice(0, 5))

    expect(listed).toEqual(
      Object.entries(ERRORS).map(([code, { fault, retryable, httpStatus, message }]) => [
        `\`${code}\``,
        fault,
        retryable ? 'yes' : 'no',
        String(httpStatus),
        message,
      ]),
    )
  })

  test('lists every code of the local runtime with the file it comes from', () => {
    const listed = runtime.map(([code, from]) => [unquoted(code), /\(\.\.\/(.*)\)/.exec(from ?? '')?.[1]])

    expect(listed.sort()).toEqual(runtimeCodes().sort())
  })

  test('lists every code of the command line with its exit code', () => {
    const listed = commandLine.map(([code, exitCode]) => [unquoted(code), exitCode])

    expect(listed.sort()).toEqual(commandLineCodes().sort())
  })

  test('lists every code of the doctor with what it says to do', () => {
    const rows = tableRows(document, ['code', 'what `bridge doctor` says to do'])

    expect(rows.map(([code, advice]) => [unquoted(code), advice])).toEqual(Object.entries(PROBLEMS))
  })

  test.each([
    ['bridge', bridge],
    ['runtime', runtime],
    ['command line', commandLine],
  ])('says what to do about every code of the %s', (_, rows) => {
    expect(rows.filter((row) => (row.at(-1) ?? '').length < 10)).toEqual([])
  })
})

/** The members of every `…ErrorCode` type of local/ but AWS's own names. */
function runtimeCodes(): string[][] {
  return sourcesOf('local').flatMap(([file, source]) => {
    const [, union] =
      /export type (?!Sqs|States)\w+ErrorCode =\s*((?:(?:\/\*\*.*?\*\/|\||'\w+')\s*)+)/.exec(source) ?? []
    const codes = [...(union ?? '').matchAll(/'(\w+)'/g)].map(([, code]) => code ?? '')
    return codes.filter((code) => !/Exception$|^RequestEntityTooLarge$/.test(code)).map((code) => [code, file])
  })
}

function commandLineCodes(): string[][] {
  const thrown = sourcesOf('cli').flatMap(([, source]) => [
    ...[...source.matchAll(/CommandError\(\s*'(failed|usage)',\s*'(\w+)'/g)].map(([, kind, code]) => [kind, code]),
    ...[...source.matchAll(/denied\('(\w+)'/g)].map(([, code]) => ['failed', code]),
  ])
  const exitCodes = new Map(thrown.map(([kind, code]) => [code ?? '', kind === 'usage' ? '2' : '1']))
  return [...exitCodes]
}

function sourcesOf(folder: string): [file: string, source: string][] {
  return readdirSync(join(PROJECT_FOLDER, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => [relative(PROJECT_FOLDER, path), readFileSync(path, 'utf8')])
}
