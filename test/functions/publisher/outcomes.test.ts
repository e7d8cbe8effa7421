import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ANSWERABLE_MS, type OutboundMessage } from '#contract/index.ts'
import { NOW_MS, ruleEvent, sentEnvelope } from '../../fixtures/rule-event.ts'
import { messageTo, PRIVATE, record, SECRET, setUp, success } from './set-up.ts'

describe('outcomes of handlers', () => {
  test.each(['reply', 'replay'])('a %s is published as it came', async (outcome) => {
    const { publisher, published, observer } = setUp()
    const messages = [messageTo(PRIVATE), messageTo('jamey/memory/updates')]

    expect(await publisher(success({ outcome, messages }))).toEqual({ published: 2 })
    expect(published).toEqual(messages)
    expect(JSON.stringify(published[0]?.envelope)).toBe(JSON.stringify(messages[0]?.envelope))
    expect(observer.counts).toEqual({ MessagesPublished: 2 })
    expect(observer.flushes()).toBe(1)
  })

  test('a reply that was put back by hand long after is not sent', async () => {
    const { publisher, published, observer } = setUp()
    const late = ruleEvent(sentEnvelope({}), { received_at_ms: NOW_MS - ANSWERABLE_MS.request.published - 1 })
    const outcome = record('Success', { outcome: 'reply', messages: [messageTo(PRIVATE)] }, late)

    expect(await publisher(outcome)).toEqual({ published: 0 })
    expect(published).toEqual([])
    expect(observer.lines).toMatchObject([{ level: 'warn', event: 'outcome_too_old' }])
  })

  test.each(['inFlight', 'deferred', 'none'])('%s is not published', async (outcome) => {
    const { publisher, published } = setUp()

    expect(await publisher(success({ outcome }))).toEqual({ published: 0 })
    expect(published).toEqual([])
  })

  test.each([
    ['a topic that devices publish to', 'jamey/memory/query'],
    ['a topic whose rule would hear it', 'jamey/events/status'],
    ['an unknown topic', 'jamey/other'],
    ['a topic outside the root', 'elsewhere/responses/x'],
    ['a reserved topic', '$aws/things/x/shadow/update'],
    ['a filter', 'jamey/responses/+'],
    ['the private topic of another client', 'jamey/responses/you'],
    ['a request to another client', 'jamey/devices/you/requests'],
    ['a command to a device of another organization', 'org/globex/device/Instance-2/command/edge'],
  ])('%s is refused, and nothing else of the record goes out', async (_, topic) => {
    const { publisher, published, observer } = setUp()
    const messages = [messageTo(PRIVATE), messageTo(topic)]

    await expect(publisher(success({ outcome: 'reply', messages }))).rejects.toMatchObject({
      code: 'topic_not_publishable',
    })
    expect(published).toEqual([])
    expect(observer.lines).toMatchObject([{ level: 'error', fields: { code: 'topic_not_publishable' } }])
    expect(observer.counts).toEqual({ SystemFaults: 1 })
    expect(observer.flushes()).toBe(1)
  })

  test('what the broker does not take is publish_failed, so that Lambda tries again', async () => {
    const cause = new Error(SECRET)
    const { publisher, observer } = setUp({ publish: () => Promise.reject(cause) })

    await expect(publisher(success({ outcome: 'reply', messages: [messageTo(PRIVATE)] }))).rejects.toMatchObject({
      code: 'publish_failed',
      cause,
    })
    expect(observer.text()).not.toContain(SECRET)
  })
})

describe('commands of our own workflows', () => {
  test('are published, to any device', async () => {
    const { publisher, published, direct } = setUp()
    const command = {
      messageId: 'm',
      deviceId: 'Instance-1',
      command: 'a/b',
      timestamp: 'now',
      waitResponse: true,
      payload: {},
    }
    const publish = [
      messageTo('jamey/devices/you/requests', { method: 'GET', path: '/' }),
      messageTo('org/acme/device/Instance-1/command/edge', command),
    ]

    expect(await publisher({ publish })).toEqual({ published: 2 })
    expect([...direct.map(([, message]) => message), ...published]).toEqual(publish)
  })

  test.each<[string, OutboundMessage]>([
    ['a payload that its topic does not take', messageTo('jamey/memory/updates', { content: SECRET })],
    ['an envelope for another topic', { ...messageTo('jamey/responses/you'), topic: PRIVATE }],
  ])('with %s are refused', async (_, message) => {
    const { publisher, published } = setUp()

    await expect(publisher({ publish: [message] })).rejects.toMatchObject({ code: 'outcome_invalid' })
    expect(published).toEqual([])
  })

  test.each(['jamey/memory/store', 'jamey/events/errors', 'org/acme/device/Instance-1/response', 'other'])(
    'do not reach %s',
    async (topic) => {
      const { publisher, published } = setUp()

      await expect(publisher({ publish: [messageTo(PRIVATE), messageTo(topic)] })).rejects.toMatchObject({
        code: 'topic_not_publishable',
      })
      expect(published).toEqual([])
    },
  )
})

describe('records that nobody sends', () => {
  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['an empty object', {}],
    ['an unknown outcome', success({ outcome: 'shout', messages: [messageTo(PRIVATE)] })],
    ['a reply without messages', success({ outcome: 'reply', messages: [] })],
    ['QoS 2', success({ outcome: 'reply', messages: [{ ...messageTo(PRIVATE), qos: 2 }] })],
    ['an outcome that claims to have failed', record('Failure', { outcome: 'none' })],
    ['a request that no rule makes', record('Success', { outcome: 'none' }, { hello: 1 })],
    ['a command with nothing to say', { publish: [] }],
    ['a command with 26 messages', { publish: Array(26).fill(messageTo(PRIVATE)) }],
  ])('%s is outcome_invalid', async (_, event) => {
    const { publisher, published, observer } = setUp()

    await expect(publisher(event)).rejects.toMatchObject({ code: 'outcome_invalid' })
    expect(published).toEqual([])
    expect(observer.text()).not.toContain(SECRET)
  })

  test('are refused whatever they hold', async () => {
    await fc.assert(
      fc.asyncProperty(fc.anything(), async (event) => {
        const { publisher, published } = setUp()
        await expect(publisher(event)).rejects.toMatchObject({ code: 'outcome_invalid' })
        expect(published).toEqual([])
      }),
    )
  })
})
