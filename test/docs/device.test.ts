import { describe, expect, test } from 'vitest'
import { DEVICE_ERRORS, TIMEOUTS, type Timeouts, type TimeoutsPreset } from '#device/index.ts'
import { QUEUE_DEFAULTS } from '../../device/bridge/settings.ts'
import { VARIABLES } from '../../device/configuration/variables.ts'
import { LIMIT_DEFAULTS } from '../../device/outbox/throttle.ts'
import { RECONNECT_DEFAULTS } from '../../device/timing/backoff.ts'
import { RENEWAL_DEFAULTS } from '../../device/token/renewal-schedule.ts'
import { readDocument, tableRows, unquoted } from './markdown.ts'

const document = readDocument('docs/DEVICE.md')

describe('docs/DEVICE.md', () => {
  test('lists every variable with its default', () => {
    const rows = tableRows(document, ['variable', 'default', 'what'])

    expect(rows.map(([name, value]) => [unquoted(name), unquoted(value)])).toEqual(
      Object.entries(VARIABLES).map(([name, schema]) => {
        const parsed = schema.safeParse(undefined)
        // one that is made up anew each time is described, not listed
        const isFixed = parsed.success && parsed.data === schema.safeParse(undefined).data
        return [name, isFixed && parsed.data !== undefined ? String(parsed.data) : '']
      }),
    )
  })

  test('lists every error with its classification and message', () => {
    const rows = tableRows(document, ['code', 'classification', 'message'])

    expect(rows).toEqual(
      Object.entries(DEVICE_ERRORS).map(([code, { classification, message }]) => [
        `\`${code}\``,
        classification,
        message,
      ]),
    )
  })

  test('lists every option of connect, with the default of its description', () => {
    const rows = tableRows(document, ['option', 'default', 'meaning'])
    const options = membersOf('device/api/options.ts', 'ConnectOptions')

    expect(rows.map(([name]) => unquoted(name))).toEqual(options.map(({ name }) => name))
    const wrong = options.filter(({ name, comment }, index) => {
      const [, said] = /Default: ([^.]+)\./.exec(comment) ?? []
      const listed = rows[index]?.[1] ?? ''
      return said !== undefined && !listed.includes(said.replaceAll('`', '').replaceAll(',', '')) && name !== 'clock'
    })
    expect(wrong).toEqual([])
  })

  test('lists every value of the groups with its default', () => {
    const [, rest = ''] = document.split('| `random` |')
    const rows = tableRows(rest, ['option', 'default', 'meaning'])
    const groups = {
      reconnect: RECONNECT_DEFAULTS,
      renewal: RENEWAL_DEFAULTS,
      queue: QUEUE_DEFAULTS,
      limits: LIMIT_DEFAULTS,
    }

    expect(rows.map(([name, value]) => [unquoted(name), unquoted(value)])).toEqual(
      Object.entries(groups).flatMap(([group, values]) =>
        Object.entries(values).map(([name, value]) => [`${group}.${name}`, String(value ?? 'none')]),
      ),
    )
  })

  test('lists the timeouts of every preset', () => {
    const presets = Object.keys(TIMEOUTS) as TimeoutsPreset[]
    const rows = tableRows(document, ['timeout', ...presets.map((name) => `\`${name}\``)])
    const names = Object.keys(TIMEOUTS.internet) as (keyof Timeouts)[]

    expect(rows.map(([name, ...values]) => [unquoted(name), ...values.map(Number)])).toEqual(
      names.map((name) => [name, ...presets.map((preset) => TIMEOUTS[preset][name])]),
    )
  })

  test('lists every state with what it carries', () => {
    const rows = tableRows(document, ['state', 'with', 'meaning'])

    expect(rows.map(([name, fields]) => [unquoted(name), (fields ?? '').match(/\w+/g) ?? []])).toEqual(
      variantsOf('device/api/state.ts', 'status'),
    )
  })

  test('lists every event', () => {
    const rows = tableRows(document, ['event', 'when'])

    expect(rows.map(([name]) => unquoted(name))).toEqual(
      variantsOf('device/api/events.ts', 'type').map(([name]) => name),
    )
  })
})

/** The members of an interface, with their comments. */
function membersOf(file: string, name: string): { name: string; comment: string }[] {
  const source = readDocument(file)
  const [, body = ''] = new RegExp(`export interface ${name}\\b.*?\\{\\n(.*?)\\n\\}`, 's').exec(source) ?? []
  return [...body.matchAll(/(\/\*\*(?:(?!\*\/).)*\*\/\s*)?^ {2}(\w+)\??:/gms)].map(([, comment = '', member = '']) => ({
    name: member,
    comment,
  }))
}

/** The variants of a union by their tag, with the names of their other fields. */
function variantsOf(file: string, tag: string): [string, string[]][] {
  return [...readDocument(file).matchAll(/\|\s*\{([^}]*)\}/g)].map(([, body = '']) => {
    const [, name = ''] = new RegExp(`readonly ${tag}: '(\\w+)'`).exec(body) ?? []
    return [name, [...body.matchAll(/readonly (\w+)\??:/g)].flatMap(([, field = '']) => (field === tag ? [] : field))]
  })
}
