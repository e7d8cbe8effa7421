import { expect, test } from 'vitest'
import { metricsText } from '#device/index.ts'
import { createCounters } from '../../../device/api/metrics.ts'

const metrics = { ...createCounters(), published: 7, handlerFailures: 2, queued: 3, inFlight: 0, subscriptions: 1 }

test('every metric of the client is told once, with its type and value', () => {
  const lines = metricsText(metrics).trimEnd().split('\n')

  expect(lines.filter((line) => !line.startsWith('#'))).toHaveLength(Object.keys(metrics).length)
  expect(lines).toEqual(
    expect.arrayContaining([
      '# TYPE mqtt_device_published_total counter',
      'mqtt_device_published_total 7',
      'mqtt_device_handler_failures_total 2',
      '# TYPE mqtt_device_queued gauge',
      'mqtt_device_queued 3',
    ]),
  )
})

test('each line is one of the exposition format, without labels', () => {
  for (const line of metricsText(metrics).trimEnd().split('\n')) {
    expect(line).toMatch(/^(# HELP mqtt_device_\w+ .+|# TYPE mqtt_device_\w+ (counter|gauge)|mqtt_device_\w+ \d+)$/)
  }
})
