import { describe, expect, test } from 'vitest'
import { METRIC_MEANINGS, METRICS, type MetricName } from '#contract/index.ts'
import { createEmbeddedMetrics } from '../../../functions/shared/embedded-metrics.ts'

interface Line {
  _aws: {
    CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string; Unit: string }[] }[]
  }
  [name: string]: unknown
}

function setUp() {
  const lines: string[] = []
  const metrics = createEmbeddedMetrics('api', (line) => lines.push(line))
  return { metrics, lines: () => lines.map((line) => JSON.parse(line) as Line), text: () => lines.join('') }
}

describe('metrics in the embedded format', () => {
  test('of one invocation are one line, each under its own dimensions', () => {
    const { metrics, lines, text } = setUp()
    metrics.add('RequestsAnswered', 1, { route: 'api/requests' })
    metrics.add('HandlerLatency', 12.5, { route: 'api/requests' })
    metrics.add('ColdStarts', 1, {})
    metrics.flush()

    expect(lines()).toHaveLength(1)
    expect(text()).toMatch(/^\{"_aws":.*\}\n$/)
    expect(lines()[0]).toMatchObject({
      _aws: {
        CloudWatchMetrics: [
          {
            Namespace: 'MqttCloudBridge',
            Dimensions: [['service', 'route']],
            Metrics: [
              { Name: 'RequestsAnswered', Unit: 'Count' },
              { Name: 'HandlerLatency', Unit: 'Milliseconds' },
            ],
          },
          { Dimensions: [['service']], Metrics: [{ Name: 'ColdStarts', Unit: 'Count' }] },
        ],
      },
      ...{ service: 'api', route: 'api/requests', RequestsAnswered: 1, HandlerLatency: 12.5, ColdStarts: 1 },
    })
  })

  test('are left out of a set of which a dimension is not known', () => {
    const { metrics, lines } = setUp()
    metrics.add('SystemFaults', 1, { code: 'handler_failed' })
    metrics.flush()

    expect(lines()[0]?._aws.CloudWatchMetrics).toMatchObject([{ Dimensions: [['service'], ['service', 'code']] }])
  })

  test('that are added twice are a list of values', () => {
    const { metrics, lines } = setUp()
    for (const value of [1, 2, 3]) metrics.add('EventsRecorded', value, {})
    metrics.flush()

    expect(lines()[0]?.EventsRecorded).toEqual([1, 2, 3])
    expect(lines()[0]?._aws.CloudWatchMetrics[0]?.Metrics).toHaveLength(1)
  })

  test('of another route begin another line', () => {
    const { metrics, lines } = setUp()
    metrics.add('RequestsAnswered', 1, { route: 'memory/store' })
    metrics.add('RequestsAnswered', 1, { route: 'memory/query' })
    metrics.flush()

    expect(lines().map(({ route }) => route)).toEqual(['memory/store', 'memory/query'])
  })

  test('are nothing when nothing was counted, and are not written twice', () => {
    const { metrics, lines } = setUp()
    metrics.flush()
    metrics.add('EventsRecorded', 1, {})
    metrics.flush()
    metrics.flush()

    expect(lines()).toHaveLength(1)
  })
})

test('every metric has words, a unit and a set of dimensions', () => {
  expect(Object.keys(METRIC_MEANINGS)).toEqual(Object.keys(METRICS))
  for (const name of Object.keys(METRICS) as MetricName[]) expect(METRICS[name].by.length, name).toBeGreaterThan(0)
})
