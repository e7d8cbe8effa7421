import { CloudWatchLogsClient, DescribeLogGroupsCommand, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { mockClient } from 'aws-sdk-client-mock'
import { afterEach, expect, test } from 'vitest'
import { openExamination } from '../../../cli/doctor/examination.ts'
import { lastErrors } from '../../../cli/status/last-errors.ts'
import { askAll } from '../../../cli/status/row.ts'

const NOW_MS = Date.parse('2026-11-20T12:00:00Z')
// no deployment can be asked here
const logs = mockClient(CloudWatchLogsClient)
afterEach(() => logs.reset())

function examination() {
  const options = { aws: true, stage: 'prod', state: '.bridge', clientId: 'nobody', signingKey: 'key.pem' }
  return openExamination({ ...options, projectFolder: '.', nowMs: () => NOW_MS })
}

test('error lines of a deployment are read from its log groups, as names and codes alone', async () => {
  logs
    .on(DescribeLogGroupsCommand)
    .resolves({ logGroups: [{ logGroupName: 'prod-api' }, { logGroupName: 'prod-memory' }] })
  const line = (minutesAgo: number, fields: object) => ({
    timestamp: NOW_MS - minutesAgo * 60_000,
    message: JSON.stringify({ level: 'ERROR', ...fields }),
  })
  logs
    .on(FilterLogEventsCommand, { logGroupName: 'prod-api' })
    .resolves({ events: [line(9, { message: 'request_refused', code: 'upstream_timed_out', client_id: 'c' })] })
  logs
    .on(FilterLogEventsCommand, { logGroupName: 'prod-memory' })
    .resolves({ events: [line(3, { message: 'said "something" else' })] })

  expect(await lastErrors(examination())).toEqual([
    { at: '2026-11-20T11:57:00.000Z', function: 'prod-memory', event: 'error', code: null },
    { at: '2026-11-20T11:51:00.000Z', function: 'prod-api', event: 'request_refused', code: 'upstream_timed_out' },
  ])
})

test('a refusal is a row that says which permission is missing', async () => {
  logs.on(DescribeLogGroupsCommand).rejects(Object.assign(new Error('no'), { name: 'AccessDeniedException' }))
  const question = { part: 'errors', ask: async () => (await lastErrors(examination())).map(() => never()) }

  expect(await askAll([question], examination())).toEqual([
    { part: 'errors', state: 'unknown', detail: expect.stringContaining('logs:DescribeLogGroups') },
  ])
})

function never(): never {
  throw new Error('there are no errors to show')
}
