import { describe, expect, test } from 'vitest'
import { EDGE_ERRORS } from '#edge/index.ts'
import { COMMAND_ERRORS } from '../../edge/commands/command.ts'
import { VARIABLES } from '../../edge/configuration/variables.ts'
import { readDocument, tableRows, unquoted } from './markdown.ts'

const document = readDocument('docs/EDGE.md')
const DEVICE_BASE = 'org/{organizationId}/device/{deviceId}/'

describe('docs/EDGE.md', () => {
  test('lists every variable with its default; topics below the base of the device', () => {
    const rows = tableRows(document, ['variable', 'default', 'what'])

    expect(rows.map(([name, value]) => [unquoted(name), unquoted(value)])).toEqual(
      Object.entries(VARIABLES).map(([name, schema]) => {
        const { data = '' } = schema.safeParse(undefined)
        return [name, String(data).replace(DEVICE_BASE, '')]
      }),
    )
  })

  test('lists every error with its status and message', () => {
    const rows = tableRows(document, ['code', 'status', 'message'])

    expect(rows).toEqual(
      Object.entries(EDGE_ERRORS).map(([code, { httpStatus, message }]) => [
        `\`${code}\``,
        String(httpStatus),
        message,
      ]),
    )
  })

  test('lists what the service answers to commands itself', () => {
    const rows = tableRows(document, ['`error_code`', 'when'])

    expect(rows.map(([code]) => unquoted(code)).sort()).toEqual(Object.values(COMMAND_ERRORS).sort())
  })
})
