import { describe, expect, test } from 'vitest'
import { ERRORS, METRIC_MEANINGS, METRICS, type MetricName } from '#contract/index.ts'
import { ALARM_KINDS } from '../../lib/alarm-kinds.ts'
import { readDocument, tableRows, unquoted } from './markdown.ts'

const runbook = readDocument('docs/RUNBOOK.md')
const [, alarms = ''] = runbook.split('\n## Alarms\n')
const entries = new Map(
  (alarms.split('\n## ')[0] ?? '')
    .split('\n### ')
    .slice(1)
    .map((entry) => [entry.slice(0, entry.indexOf('\n')), entry] as const),
)

describe('docs/RUNBOOK.md', () => {
  test('has an entry for every kind of alarm, and for no other', () => {
    expect([...entries.keys()]).toEqual(Object.keys(ALARM_KINDS))
  })

  test.each(['Means', 'See', 'Do', 'Over'])('says in every entry: %s', (part) => {
    const without = [...entries].filter(([, text]) => !new RegExp(`^- \\*\\*${part}\\*\\*: .{20,}$`, 'm').test(text))

    expect(without.map(([name]) => name)).toEqual([])
  })

  test('has an entry for every fault of the system, and each says what to see, to do, and when it is over', () => {
    const header = ['code', 'what it means for you', 'how to see it', 'what to do', 'it is over when']
    const rows = tableRows(runbook, header)
    const faults = Object.entries(ERRORS).filter(([, { fault }]) => fault === 'system')

    expect(rows.map(([code]) => unquoted(code))).toEqual(faults.map(([code]) => code))
    expect(rows.filter((row) => row.length !== header.length || row.some((cell) => cell.length < 4))).toEqual([])
  })

  test('lists every metric as the table of the contract has it', () => {
    const rows = tableRows(runbook, ['metric', 'unit', 'also by', 'counts'])

    expect(rows).toEqual(
      (Object.keys(METRICS) as MetricName[]).map((name) => [
        `\`${name}\``,
        METRICS[name].unit,
        METRICS[name].by.flat().join(', '),
        METRIC_MEANINGS[name],
      ]),
    )
  })
})
