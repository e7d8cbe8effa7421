import { expect, test } from 'vitest'
import { deploymentNames, EVENT_SOURCE, EVENT_TYPES, EVENTS } from '#contract/index.ts'
import { readDocument, tableRows } from './markdown.ts'

const document = readDocument('docs/EVENTS.md')

test('docs/EVENTS.md lists every event with the fields of its detail', () => {
  const rows = tableRows(document, ['type', 'when', 'fields of `detail`'])

  expect(rows.map(([type, , fields]) => [type, fields])).toEqual(
    EVENT_TYPES.map((type) => [
      `\`${type}\``,
      Object.keys(EVENTS[type].shape)
        .map((field) => `\`${field}\``)
        .join(', '),
    ]),
  )
})

test('docs/EVENTS.md names bus and source as they are', () => {
  expect(document).toContain(`EventBusName: ${deploymentNames('prod').eventBus}\n`)
  expect(document).toContain(`source: [${EVENT_SOURCE}]`)
  for (const [, type = ''] of document.matchAll(/detail-type: \[(.*)\]/g)) expect(EVENT_TYPES).toContain(type)
})
