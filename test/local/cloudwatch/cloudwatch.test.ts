import { describe, expect, test } from 'vitest'
import { type AlarmDefinition, createCloudWatch, type Reading } from '#local/cloudwatch/index.ts'

const START_MS = Date.UTC(2026, 11, 1, 12)
const MINUTE_MS = 60_000
const ALARM: AlarmDefinition = {
  name: 'faults',
  description: 'somebody must look',
  metric: { namespace: 'Garden', name: 'Faults', dimensions: { service: 'gate' } },
  statistic: 'Sum',
  periodSeconds: 60,
  evaluationPeriods: 1,
  datapointsToAlarm: 1,
  threshold: 2,
  comparison: 'GreaterThanOrEqualToThreshold',
  missingData: 'notBreaching',
}

function setUp(alarm: Partial<AlarmDefinition> = {}) {
  let nowMs = START_MS
  let readings: Reading[] = []
  const log: object[] = []
  const cloudWatch = createCloudWatch({
    clock: { nowMs: () => nowMs },
    readings: () => readings,
    log: (entry) => log.push(entry),
  })
  const remove = cloudWatch.define({ ...ALARM, ...alarm })
  return {
    cloudWatch,
    log,
    remove,
    state: () => cloudWatch.alarms()[0]?.state,
    read(...given: Reading[]) {
      readings = given
    },
    pass(ms: number) {
      nowMs += ms
    },
    /** A function writes these values of the metric. */
    write: (...values: number[]) =>
      cloudWatch.ingest({ functionName: 'gate', text: line({ Faults: values.length === 1 ? values[0] : values }) }),
  }
}

function line(values: object, sets: string[][] = [['service']], unit = 'Count'): string {
  const Metrics = Object.keys(values).map((Name) => ({ Name, Unit: unit }))
  const CloudWatchMetrics = [{ Namespace: 'Garden', Dimensions: sets, Metrics }]
  return JSON.stringify({ _aws: { Timestamp: START_MS, CloudWatchMetrics }, service: 'gate', code: 'jam', ...values })
}

describe('an alarm', () => {
  test('goes off with the value that breaches, says so once, and is over a whole period after the last', () => {
    const { write, state, pass, log, cloudWatch } = setUp()

    write(1)
    expect(state()).toBe('OK')
    write(1)
    expect(state()).toBe('ALARM')
    cloudWatch.alarms()
    pass(MINUTE_MS)
    expect(state()).toBe('ALARM')
    pass(MINUTE_MS)

    expect(state()).toBe('OK')
    expect(log).toEqual([
      expect.objectContaining({
        level: 'warn',
        event: 'alarm',
        alarm: 'faults',
        state: 'ALARM',
        value: 2,
        threshold: 2,
      }),
      expect.objectContaining({ level: 'info', event: 'alarm', alarm: 'faults', state: 'OK' }),
    ])
  })

  test('does not hear another source', () => {
    const { cloudWatch, state } = setUp({ metric: { ...ALARM.metric, dimensions: { service: 'pump' } } })

    cloudWatch.ingest({ functionName: 'gate', text: line({ Faults: 5 }) })

    expect(state()).toBe('OK')
  })

  test.each([
    ['Sum', 'GreaterThanThreshold', 6, 'OK'],
    ['Sum', 'GreaterThanOrEqualToThreshold', 6, 'ALARM'],
    ['Average', 'LessThanThreshold', 2.1, 'ALARM'],
    ['Minimum', 'LessThanOrEqualToThreshold', 1, 'ALARM'],
    ['Maximum', 'GreaterThanOrEqualToThreshold', 3, 'ALARM'],
    ['SampleCount', 'GreaterThanThreshold', 3, 'OK'],
    ['p50', 'GreaterThanThreshold', 1.9, 'ALARM'],
    ['p99', 'GreaterThanOrEqualToThreshold', 3, 'ALARM'],
  ] as const)('compares the %s of 1, 2 and 3: %s %d is %s', (statistic, comparison, threshold, expected) => {
    const { write, state } = setUp({ statistic, comparison, threshold })

    write(1, 2, 3)

    expect(state()).toBe(expected)
  })

  test('of two periods in three waits for the second', () => {
    const { write, state, pass } = setUp({ evaluationPeriods: 3, datapointsToAlarm: 2 })

    write(2)
    expect(state()).toBe('OK')
    pass(2 * MINUTE_MS)
    write(2)

    expect(state()).toBe('ALARM')
  })

  test.each([
    ['notBreaching', 'OK'],
    ['breaching', 'ALARM'],
    ['missing', 'INSUFFICIENT_DATA'],
    ['ignore', 'INSUFFICIENT_DATA'],
  ] as const)('that treats missing data as %s is %s when nothing comes', (missingData, expected) => {
    expect(setUp({ missingData }).state()).toBe(expected)
  })

  test('that is replaced keeps its state, and that is removed is gone', () => {
    const { cloudWatch, write, state, remove } = setUp()
    write(2)
    expect(state()).toBe('ALARM')

    const removeNew = cloudWatch.define({ ...ALARM, threshold: 1 })
    remove()

    expect(state()).toBe('ALARM')
    removeNew()
    expect(cloudWatch.alarms()).toEqual([])
  })
})

test('the count of a service is what is new since the last look, also after it began anew', () => {
  const { cloudWatch, read, pass } = setUp({ threshold: 3 })
  const count = (value: number): Reading => ({ id: ALARM.metric, value, kind: 'count' })
  const states = [2, 3, 3, 1].map((value) => {
    read(count(value))
    const [alarm] = cloudWatch.alarms()
    pass(2 * MINUTE_MS)
    return alarm?.value
  })

  expect(states).toEqual([2, 1, undefined, 1])
  read()
  expect(cloudWatch.prometheus()).toContain('garden_faults_total{service="gate"} 4\n')
})

describe('the text for Prometheus', () => {
  test('has a counter, a summary and a gauge, each with its kind and all labels at once', () => {
    const { cloudWatch, read } = setUp()
    cloudWatch.ingest({ functionName: 'gate', text: line({ Faults: 1 }, [['service'], ['service', 'code']]) })
    cloudWatch.ingest({ functionName: 'gate', text: line({ HandlerLatency: [1.5, 2] }, [['service']], 'Milliseconds') })
    cloudWatch.ingest({ functionName: 'gate', text: 'REPORT RequestId: 1\tDuration: 12.50 ms\tBilled Duration: 13 ms' })
    read({ id: { namespace: 'AWS/SQS', name: 'Depth', dimensions: { QueueName: 'a"b' } }, value: 3, kind: 'gauge' })

    expect(cloudWatch.prometheus()).toMatchInlineSnapshot(`
      "# HELP aws_lambda_duration_milliseconds Duration of AWS/Lambda
      # TYPE aws_lambda_duration_milliseconds summary
      aws_lambda_duration_milliseconds_count{function_name="gate"} 1
      aws_lambda_duration_milliseconds_sum{function_name="gate"} 12.5
      # HELP aws_sqs_depth Depth of AWS/SQS
      # TYPE aws_sqs_depth gauge
      aws_sqs_depth{queue_name="a\\"b"} 3
      # HELP garden_faults_total Faults of Garden
      # TYPE garden_faults_total counter
      garden_faults_total{service="gate",code="jam"} 1
      # HELP garden_handler_latency_milliseconds HandlerLatency of Garden
      # TYPE garden_handler_latency_milliseconds summary
      garden_handler_latency_milliseconds_count{service="gate"} 2
      garden_handler_latency_milliseconds_sum{service="gate"} 3.5
      "
    `)
  })
})

test.each([
  ['no JSON', '{"_aws": nonsense'],
  ['a directive without namespace', '{"_aws":{"CloudWatchMetrics":[{"Metrics":[{"Name":"a"}]}]},"a":1}'],
  ['a metric that the line has not', line({}, [['service']]).replace('"Metrics":[]', '"Metrics":[{"Name":"a"}]')],
  ['a value that is no number', line({ a: 'many' })],
  ['a dimension that the line has not', line({ a: 1 }, [['nobody']])],
  ['other text', 'START RequestId: 1'],
])('a line with %s counts nothing and harms nothing', (_, text) => {
  const { cloudWatch, state } = setUp()

  cloudWatch.ingest({ functionName: 'gate', text })

  expect(state()).toBe('OK')
  expect(cloudWatch.prometheus()).not.toContain('service=')
})
