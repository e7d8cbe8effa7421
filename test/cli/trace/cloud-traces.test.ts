import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  GetQueryResultsCommand,
  ResourceNotFoundException,
  StartQueryCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import { mockClient } from 'aws-sdk-client-mock'
import { afterEach, expect, test } from 'vitest'
import { cloudTraces } from '../../../cli/trace/cloud-traces.ts'

const TRACE = '0b9f1f0e7c3f4f7e8a530f0a4e2d7c11'
const BROKER = 'bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb'
const NOW_MS = Date.parse('2026-11-21T12:00:00Z')
const GROUP = 'mqtt-cloud-bridge-dev-ConscienceLogs1A2B'
const OF_BROKER = 'AWSIotLogsV2'

const logs = mockClient(CloudWatchLogsClient)
afterEach(() => logs.reset())

const row = (line: object, seconds = 0) => [
  { field: '@timestamp', value: `2026-11-21 11:59:0${seconds}.000` },
  { field: '@message', value: JSON.stringify(line) },
]

/** A deployment whose queries give these rows, by log group. */
function setUp(rows: { functions?: ReturnType<typeof row>[]; broker?: ReturnType<typeof row>[] | 'missing' } = {}) {
  let pauses = 0
  logs.on(DescribeLogGroupsCommand).resolves({ logGroups: [{ logGroupName: GROUP }] })
  logs.on(StartQueryCommand, { logGroupNames: [GROUP] }).resolves({ queryId: 'functions' })
  const ofBroker = logs.on(StartQueryCommand, { logGroupNames: [OF_BROKER] })
  if (rows.broker === 'missing') ofBroker.rejects(new ResourceNotFoundException({ message: 'no', $metadata: {} }))
  else ofBroker.resolves({ queryId: 'broker' })
  logs
    .on(GetQueryResultsCommand, { queryId: 'functions' })
    .resolvesOnce({ status: 'Running', results: [] })
    .resolves({ status: 'Complete', results: rows.functions ?? [] })
  const brokerRows = Array.isArray(rows.broker) ? rows.broker : []
  logs.on(GetQueryResultsCommand, { queryId: 'broker' }).resolves({ status: 'Complete', results: brokerRows })
  const traces = cloudTraces(new CloudWatchLogsClient({ region: 'us-east-1' }), {
    stage: 'dev',
    sinceMs: 3_600_000,
    nowMs: () => NOW_MS,
    async pause() {
      pauses += 1
    },
  })
  return { traces, pauses: () => pauses }
}

const REFUSED = {
  level: 'WARN',
  message: 'request_refused',
  timestamp: '2026-11-21T11:59:01.250Z',
  service: 'conscience',
  trace_id: TRACE,
  broker_trace_id: BROKER,
  code: 'invalid_payload',
  client_id: 'lamp-1',
  topic: 'jamey/conscience/evaluate',
}
const METRICS = { _aws: { Timestamp: 0 }, service: 'conscience', trace_id: TRACE, ColdStarts: 1, HandlerLatency: 12.5 }

test('a trace is put together from what functions and IoT Core have logged, in the order of time', async () => {
  const { traces, pauses } = setUp({
    functions: [row(REFUSED, 1), row(METRICS, 2), [{ field: '@message', value: 'no JSON' }]],
    broker: [
      row(
        {
          eventType: 'Publish-In',
          status: 'Success',
          clientId: 'lamp-1',
          topicName: 'jamey/conscience/evaluate',
          timestamp: '2026-11-21 11:59:01.100Z',
        },
        1,
      ),
    ],
  })
  expect(await traces.find(TRACE)).toMatchObject({
    traceId: TRACE,
    topic: 'jamey/conscience/evaluate',
    clientIds: ['lamp-1'],
    outcome: 'ok',
    hops: [
      { kind: 'publish', subject: 'lamp-1', outcome: 'ok' },
      { kind: 'log', subject: 'request_refused', reason: 'invalid_payload', facts: { function: 'conscience' } },
      { kind: 'invoke', subject: 'conscience', durationMs: 12.5, facts: { cold: true } },
    ],
  })
  expect(pauses()).toBe(1)
  const [first, second] = logs.commandCalls(StartQueryCommand).map(({ args }) => args[0].input)
  expect(first).toMatchObject({ startTime: NOW_MS / 1_000 - 3_600, endTime: NOW_MS / 1_000 })
  expect(first?.queryString).toContain(`filter trace_id = "${TRACE}"`)
  // the broker has its own id for the message, and for a trace that begins with it the same digits
  expect(second?.queryString).toContain(`traceId in ["0b9f1f0e-7c3f-4f7e-8a53-0f0a4e2d7c11", "${BROKER}"]`)
})

test('what functions have logged is enough where IoT Core logs nothing', async () => {
  const { traces } = setUp({ functions: [row(REFUSED)], broker: 'missing' })
  expect((await traces.find(TRACE))?.hops).toHaveLength(1)
})

test('nothing logged is no trace', async () => {
  expect(await setUp().traces.find(TRACE)).toBeUndefined()
})

test('the latest traces of a client are looked up by its id, whatever signs that holds', async () => {
  const { traces } = setUp({ functions: [[{ field: 'trace_id', value: TRACE }]] })
  await traces.list({ clientId: 'lamp"1', limit: 3 })
  const [list, find] = logs.commandCalls(StartQueryCommand).map(({ args }) => args[0].input.queryString)
  expect(list).toContain('client_id = "lamp\\"1"')
  expect(list).toContain('limit 3')
  expect(find).toContain(TRACE)
})

test('a query that does not come to an end is told', async () => {
  const { traces } = setUp()
  logs.on(GetQueryResultsCommand).resolves({ status: 'Timeout' })
  await expect(traces.find(TRACE)).rejects.toMatchObject({ code: 'query_failed' })
})

test('a stage without logs is told', async () => {
  const { traces } = setUp()
  logs.on(DescribeLogGroupsCommand).resolves({ logGroups: [] })
  await expect(traces.find(TRACE)).rejects.toMatchObject({ code: 'logs_unknown' })
})
