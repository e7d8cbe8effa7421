import { expect, test } from 'vitest'
// of the folder itself: the index has what others need
import { inputOf } from '../../../local/events/input.ts'

const EVENT = {
  version: '0',
  id: 'e-1',
  source: 'my.app',
  time: '2026-12-01T00:00:00Z',
  detail: { name: 'a "quoted" name', count: 3, items: [{ id: 'x' }], object: { a: 1 } },
}
const FACTS = {
  ruleArn: 'arn:aws:events:us-east-1:000000000000:rule/r',
  ruleName: 'r',
  ingestedAt: '2026-12-01T00:00:01.000Z',
}
const transform = (paths: Record<string, string>, template: string) =>
  inputOf(EVENT, { transformer: { paths, template } }, FACTS)

test('without more, a target is given the event', () => {
  expect(JSON.parse(inputOf(EVENT, {}, FACTS))).toEqual(EVENT)
})

test('a constant is given whatever the event', () => {
  expect(inputOf(EVENT, { constant: '{"a":1}' }, FACTS)).toBe('{"a":1}')
})

test.each([
  ['$.detail.count', 3],
  ['$.detail.items[0].id', 'x'],
  ["$['detail']['name']", 'a "quoted" name'],
  ['$', EVENT],
  ['$.detail.other', null],
])('the path %s gives a part of the event', (path, expected) => {
  expect(JSON.parse(inputOf(EVENT, { path }, FACTS))).toEqual(expected)
})

test('a template takes texts within quotes and values without', () => {
  const text = transform(
    { name: '$.detail.name', count: '$.detail.count', object: '$.detail.object', none: '$.detail.none' },
    '{"text":"<name> <count>","value":<name>,"count":<count>,"object":<object>,"none":"<none>"}',
  )

  expect(JSON.parse(text)).toEqual({
    text: 'a "quoted" name 3',
    value: 'a "quoted" name',
    count: 3,
    object: { a: 1 },
    none: '',
  })
})

test('a template knows the rule, and the event with and without its detail', () => {
  const text = transform(
    {},
    '{"rule":"<aws.events.rule-name>","arn":"<aws.events.rule-arn>","at":"<aws.events.event.ingestion-time>","event":<aws.events.event>,"all":<aws.events.event.json>}',
  )

  const { detail: _, ...withoutDetail } = EVENT
  expect(JSON.parse(text)).toEqual({
    rule: 'r',
    arn: FACTS.ruleArn,
    at: FACTS.ingestedAt,
    event: withoutDetail,
    all: EVENT,
  })
})

test('what is no variable stays as it is', () => {
  expect(transform({}, '"<unknown> and <b>"')).toBe('"<unknown> and <b>"')
})
