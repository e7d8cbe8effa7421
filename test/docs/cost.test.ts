import { describe, expect, test } from 'vitest'
import { REQUEST_LIMITS, TOKEN_LIMITS, WORKFLOW_LIMITS } from '#contract/index.ts'
import { DEFAULT_LIMITS } from '#local/broker/index.ts'
import { costPage, withScalingTables } from '../../cli/cost/index.ts'
import { ASK_PER_SECOND, RATE_QUOTAS, saturation } from '../../cli/cost/quotas.ts'
import { QUERY_WINDOW_MEMORIES } from '../../functions/memory/memory-table.ts'
import { MAX_OPERATIONS } from '../../local/durable/limits.ts'
import { readDocument } from './markdown.ts'

const scaling = readDocument('docs/SCALING.md')
const number = (value: number) => value.toLocaleString('en-US')

test('docs/COST.md says what was measured: npm run docs:cost writes it', () => {
  expect(readDocument('docs/COST.md')).toBe(costPage())
})

describe('docs/SCALING.md', () => {
  test('has the tables that come of what was measured: npm run docs:cost writes them', () => {
    expect(scaling).toBe(withScalingTables(scaling))
  })

  test.each([
    `A device: ${DEFAULT_LIMITS.maxPublishesPerSecond} publishes a second in and out together`,
    `${DEFAULT_LIMITS.maxBytesPerSecond / 1024} KB a second`,
    `${DEFAULT_LIMITS.maxSubscriptionsPerConnection} subscriptions of a connection`,
    `${DEFAULT_LIMITS.maxStoredReplayPerSecond} a second are replayed`,
    `shared subscription (${DEFAULT_LIMITS.maxSharedDrainPerSecond} a second to a member`,
    `${DEFAULT_LIMITS.maxOutboundInFlight} unacknowledged`,
    `At the default of ${TOKEN_LIMITS.defaultLifetimeSeconds} s`,
    `at ${number(TOKEN_LIMITS.maxConnectionSeconds)} s`,
    `past ${REQUEST_LIMITS.deadlineMs / 1_000} s they are`,
    `lets ${ASK_PER_SECOND} such requests a second in`,
    `the newest ${QUERY_WINDOW_MEMORIES} memories of each layer`,
    `${number(MAX_OPERATIONS)} operations`,
    `within the ${WORKFLOW_LIMITS.startDeadlineMs / 1_000} s that a start may take`,
    ...RATE_QUOTAS.filter(({ title }) => ['CONNECT', 'publishes in', 'StartExecution'].includes(title)).map(
      ({ limit }) => number(limit),
    ),
  ])('says "%s", as the code does', (text) => {
    expect(scaling.replace(/\s+/g, ' ')).toContain(text)
  })
})

test('a path saturates first what it takes most of, for what there is', () => {
  expect(saturation('connect')[0]).toMatchObject({ quota: { title: 'CONNECT' }, requestsPerSecond: 3_000 })
  const [first, second] = saturation('conscience')
  expect([first?.quota.title, first?.requestsPerSecond]).toEqual(['writes of a new table', 2_000])
  expect([second?.quota.title, second?.requestsPerSecond]).toEqual(['Lambda concurrency', 5_000])
})

test('a page without a place for a table is told', () => {
  expect(() => withScalingTables('# nothing')).toThrow('no marks for quotas')
})
