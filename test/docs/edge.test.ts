import { describe, expect, test } from 'vitest'
import { EDGE_ERRORS } from '#edge/index.ts'
import { createCounters } from '../../device/api/metrics.ts'
import { COMMAND_ERRORS } from '../../edge/commands/command.ts'
import { VARIABLES } from '../../edge/configuration/variables.ts'
import { createEdgeMetrics } from '../../edge/metrics/edge-metrics.ts'
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

  test('lists every metric with its type', async () => {
    const zero = () => 0
    const metrics = createEdgeMetrics({
      isConnected: () => false,
      device: () => ({ ...createCounters(), queued: 0, inFlight: 0, subscriptions: 0 }),
      queueDepth: zero,
      heldMessages: zero,
      deadLetters: zero,
      subscriptions: zero,
      streams: zero,
    })
    const types = [...(await metrics.text()).matchAll(/^# TYPE (edge_\w+) (\w+)$/gm)].map(([, name, type]) => [
      name,
      type,
    ])
    const rows = tableRows(document, ['metric', 'type', 'what']).map(([name, type]) => [unquoted(name), type])

    expect(rows.toSorted()).toEqual(types.toSorted())
  })

  test('lists what the service answers to commands itself', () => {
    const rows = tableRows(document, ['`error_code`', 'when'])

    expect(rows.map(([code]) => unquoted(code)).sort()).toEqual(Object.values(COMMAND_ERRORS).sort())
  })
})
