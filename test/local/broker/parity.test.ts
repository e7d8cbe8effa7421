import { expect, test } from 'vitest'
import { BROKER_PARITY, DEFAULT_CHOICES, DEFAULT_LIMITS, PARITY_SOURCES } from '#local/broker/index.ts'

test('each choice has its row, and no feature stands twice', () => {
  const options = BROKER_PARITY.filter(({ state }) => state === 'option')
  for (const name of Object.keys(DEFAULT_CHOICES)) {
    expect(options.filter(({ value }) => value?.startsWith(`${name}: `))).toHaveLength(1)
  }
  const features = BROKER_PARITY.map(({ feature }) => feature)
  expect(new Set(features).size).toBe(features.length)
  expect(new Set(BROKER_PARITY.map(({ source }) => source))).toEqual(new Set(Object.keys(PARITY_SOURCES)))
})

test('each quota of AWS has its row', () => {
  const values = BROKER_PARITY.map(({ value = '' }) => value).join('\n')
  const own = ['connectTimeoutMs', 'lingerMs', 'maxOutboundBufferBytes', 'keepAliveFactor', 'sharedQueueSeconds']
  for (const [name, number] of Object.entries(DEFAULT_LIMITS)) {
    if (own.includes(name) || name === 'versionNumberResetSeconds') continue
    expect(values, name).toContain(number.toLocaleString('en-US'))
  }
})
