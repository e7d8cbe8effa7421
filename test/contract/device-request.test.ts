import { describe, expect, test } from 'vitest'
import {
  answerTopicKey,
  DEVICE_REQUEST_KEYS,
  DEVICE_REQUEST_LIMITS,
  type DeviceRequestInput,
  deviceRequestSchema,
  longestWaitSeconds,
  topicDefinition,
} from '#contract/index.ts'

const REQUEST = { client_id: 'lamp-1', payload: { method: 'GET', path: '/state' } } satisfies DeviceRequestInput

describe('deviceRequestSchema', () => {
  test('a client and a payload are enough', () => {
    expect(deviceRequestSchema.parse(REQUEST)).toEqual({
      ...REQUEST,
      topic: 'devices/{clientId}/requests',
      deadline_seconds: 30,
      when_offline: 'fail',
    })
  })

  test.each([
    [{ kind: 'durable', callback_id: 'Q2FsbGJhY2s=' }],
    [{ kind: 'step_functions', task_token: 'AAAA' }],
  ] as const)('takes the completion %j', (completion) => {
    expect(deviceRequestSchema.parse({ ...REQUEST, completion }).completion).toEqual(completion)
  })

  test.each([
    ['a client id with a wildcard', { client_id: 'lamp/+' }],
    ['a topic that no device answers', { topic: 'memory/updates' }],
    ['a topic that devices publish', { topic: 'devices/{clientId}/responses' }],
    ['an empty correlation id', { correlation_id: '' }],
    ['no time at all', { deadline_seconds: 0 }],
    ['more time than a session is kept', { deadline_seconds: DEVICE_REQUEST_LIMITS.maxDeadlineSeconds + 1 }],
    ['an engine it does not know', { completion: { kind: 'cron', id: 'x' } }],
    ['a field it does not know', { deadline: 3 }],
  ])('refuses %s', (_, change) => {
    expect(deviceRequestSchema.safeParse({ ...REQUEST, ...change }).success).toBe(false)
  })

  test.each([
    [{}, 3_600],
    [{ deadline_seconds: 7_200 }, 7_200],
    [{ deadline_seconds: 60, longest_wait_seconds: 90 }, 90],
    [{ deadline_seconds: 60, longest_wait_seconds: 5 }, 60],
  ])('with %j progress moves the deadline up to %i s', (change, expected) => {
    expect(longestWaitSeconds(deviceRequestSchema.parse({ ...REQUEST, ...change }))).toBe(expected)
  })
})

describe('the topics by which devices are asked', () => {
  test('are those that name where the answer comes', () => {
    expect(DEVICE_REQUEST_KEYS).toEqual([
      'devices/{clientId}/requests',
      'org/{organizationId}/device/{deviceId}/command/edge',
      'org/{organizationId}/device/{deviceId}/command',
    ])
  })

  test.each(DEVICE_REQUEST_KEYS)('%s goes to devices and is answered by them, with its own parameters', (key) => {
    const answered = answerTopicKey(key)
    if (answered === undefined) throw new Error('it names no answer topic')
    const parameters = (template: string) => template.match(/\{\w+\}/g)

    expect(topicDefinition(key).direction).toBe('toDevice')
    expect(topicDefinition(answered).direction).not.toBe('toDevice')
    expect(parameters(answered)).toEqual(parameters(key))
  })
})
