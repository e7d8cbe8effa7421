import { createColors } from 'picocolors'
import { expect, test } from 'vitest'
import { printIamReport } from '../../cli/iam-report.ts'

const GRANTS = [
  { role: 'api', policy: 'api/Own', statement: 0, action: 'logs:PutLogEvents', resources: ['arn:l'], uses: 0 },
  { role: 'api', policy: 'api/Own', statement: 1, action: 'dynamodb:GetItem', resources: ['arn:t'], uses: 2 },
  {
    role: 'publisher',
    policy: 'publisher/Own',
    statement: 0,
    action: 'sqs:SendMessage',
    resources: ['arn:q'],
    uses: 0,
  },
]

function report(isPerson: boolean): string[] {
  const lines: string[] = []
  const note = () => {}
  printIamReport(GRANTS, { isPerson, colors: createColors(false), result: (line) => void lines.push(line), note })
  return lines
}

test('a person reads what was never used, without what the platform does by itself', () => {
  expect(report(true)).toEqual([
    '1 of 2 granted actions were used in this run',
    'never used:',
    '  publisher  sqs:SendMessage  arn:q',
  ])
})

test('a pipe gets every grant with its count', () => {
  expect(report(false).map((line) => JSON.parse(line).uses)).toEqual([2, 0])
})
