import { describe, expect, test } from 'vitest'
import { estimate, unitsOf } from '../../cli/cost/estimate.ts'
import { LIST_PRICES } from '../../cli/cost/prices.ts'
import { runHere } from '../e2e/harness/command-line.ts'

describe('bridge cost', () => {
  test('prints what each path costs, and all of one', async () => {
    const all = await runHere(['cost', '--requests', '1000000', '--json'])
    const one = await runHere(['cost', 'replay', '--requests', '1000000', '--json'])
    const lines = all.stdout.trim().split('\n')

    expect([all.exitCode, all.stderr]).toEqual([0, ''])
    expect(lines.map((line) => (JSON.parse(line) as { path: string }).path)).toContain('conscience')
    expect(lines).toContain(one.stdout.trim())
  })

  test('adds up units, prices and the time that functions are assumed to run', async () => {
    const { stdout } = await runHere(['cost', 'connect', '--requests', '2000000', '--duration-ms', '10', '--json'])

    // the authorizer has 512 MB
    expect(JSON.parse(stdout)).toEqual({
      path: 'connect',
      requests: 2_000_000,
      usd: expect.closeTo(2 * (2 * 1 + 0.08 + 0.2 + 0.005 * 13.3334 + 0.125)),
      billed: {
        'iot.messages': { units: 2, usd: 4 },
        'iot.connectionMinutes': { units: 1, usd: 0.16 },
        'lambda.requests': { units: 1, usd: 0.4 },
        'lambda.gbSeconds': { units: 0.005, usd: expect.closeTo(0.133334) },
        'dynamodb.readUnits': { units: 1, usd: 0.25 },
      },
    })
  })

  test('takes other prices', async () => {
    const { stdout } = await runHere([
      'cost',
      'events',
      '--price',
      'events.published=3',
      'lambda.gbSeconds=0',
      '--json',
    ])

    expect(JSON.parse(stdout)).toMatchObject({ usd: 6.4, billed: { 'lambda.gbSeconds': { usd: 0 } } })
  })

  test.each([
    [['nothing']],
    [['--requests', '0']],
    [['--price', 'gold=1']],
    [['--price', 'sqs.requests=']],
    [['--price', 'sqs.requests=-1']],
  ])('refuses %s', async (args) => {
    expect(await runHere(['cost', ...args])).toMatchObject({ exitCode: 2, stdout: '' })
  })
})

test('a path that takes a part of a unit costs a part of it', () => {
  expect(unitsOf('http waiting')).toMatchObject({ 'dynamodb.readUnits': 0.5 })
  const { lines } = estimate('http waiting', { requests: 2_000_000, prices: LIST_PRICES })
  expect(lines).toContainEqual({ item: 'dynamodb.readUnits', units: 0.5, usd: 0.125 })
})
