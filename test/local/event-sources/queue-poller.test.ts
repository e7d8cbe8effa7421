import { describe, expect, onTestFinished, test } from 'vitest'
import { createDynamoDb } from '#local/dynamodb/index.ts'
import { createEventSources, type EventSourceMapping } from '#local/event-sources/index.ts'
import type { InvokeResult, JsonValue } from '#local/lambda/index.ts'
import { createSqsService } from '#local/sqs/index.ts'
import { openState } from '#local/state/index.ts'
import { createFakeClock } from '../state/fake-clock.ts'

const QUEUE_ARN = 'arn:aws:sqs:eu-west-1:123456789012:work'
const DEAD_ARN = 'arn:aws:sqs:eu-west-1:123456789012:dead'
const MAPPING: EventSourceMapping = {
  id: 'mapping',
  eventSourceArn: QUEUE_ARN,
  functionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:worker',
  batchSize: 10,
  reportsItemFailures: true,
  maximumConcurrency: 1,
}
type Event = { Records: { messageId: string; body: string; attributes: Record<string, string> }[] }

/** A queue with a mapping to a function that answers as the test says. */
function setUp(given: { mapping?: Partial<EventSourceMapping>; isStarted?: boolean } = {}) {
  const clock = createFakeClock()
  const state = openState({ file: ':memory:' })
  const sqs = createSqsService({ db: state.db, clock })
  const redrive = { deadLetterTargetArn: DEAD_ARN, maxReceiveCount: 2 }
  sqs.createQueue({ name: 'dead', arn: DEAD_ARN })
  sqs.createQueue({ name: 'work', arn: QUEUE_ARN, attributes: { VisibilityTimeout: 30, RedrivePolicy: redrive } })
  const batches: Event[] = []
  const log: Record<string, unknown>[] = []
  let answer: (event: Event) => Partial<InvokeResult> | Promise<Partial<InvokeResult>> = () => ({})
  const sources = createEventSources({
    db: state.db,
    sqs,
    streams: createDynamoDb().streams,
    region: 'eu-west-1',
    log: (entry) => log.push(entry),
    lambda: {
      async invoke(_, payload) {
        const event = payload as unknown as Event
        batches.push(event)
        return { statusCode: 200, payload: null, requestId: 'r', ...(await answer(event)) }
      },
    },
  })
  sources.add({ ...MAPPING, ...given.mapping })
  if (given.isStarted !== false) sources.start()
  onTestFinished(async () => {
    await sources.close()
    sqs.close()
    state.close()
  })
  return {
    clock,
    sqs,
    sources,
    batches,
    log,
    bodies: () => batches.map(({ Records }) => Records.map(({ body }) => body)),
    send: (...bodies: string[]) => bodies.map((body) => sqs.send(QUEUE_ARN, { body }).messageId),
    answer(next: typeof answer) {
      answer = next
    },
  }
}

const failing = (...ids: string[]): { payload: JsonValue } => ({
  payload: { batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) },
})

test('messages reach the function in the form of the service, and are gone once it has handled them', async () => {
  const { send, sources, batches, sqs } = setUp()
  const [messageId] = send('a')
  await sources.idle()

  expect(batches).toEqual([
    {
      Records: [
        {
          messageId,
          receiptHandle: expect.any(String),
          body: 'a',
          attributes: expect.objectContaining({ ApproximateReceiveCount: '1' }),
          messageAttributes: {},
          md5OfBody: '0cc175b9c0f1b6a831c399e269772661',
          eventSource: 'aws:sqs',
          eventSourceARN: QUEUE_ARN,
          awsRegion: 'eu-west-1',
        },
      ],
    },
  ])
  expect(sqs.counts(QUEUE_ARN)).toEqual({ visible: 0, notVisible: 0, delayed: 0 })
})

test('what waited before the start is handed over, in batches of the size the mapping says', async () => {
  const { send, sources, bodies } = setUp({ isStarted: false, mapping: { batchSize: 2 } })
  send('a', 'b', 'c')
  sources.start()
  await sources.idle()

  expect(bodies()).toEqual([['a', 'b'], ['c']])
})

describe('what the function fails on', () => {
  test.each<[string, (ids: string[]) => Partial<InvokeResult>, string[]]>([
    ['an item it names', ([first = '']) => failing(first), ['a']],
    ['all items, when it fails itself', () => ({ payload: {}, functionError: 'Unhandled' }), ['a', 'b']],
    ['all items, when it names one that is not there', () => failing('other'), ['a', 'b']],
    ['all items, when its answer is none', () => ({ payload: 'done' }), ['a', 'b']],
    ['no item, with an empty list', () => failing(), []],
  ])('comes back after the visibility timeout: %s', async (_, response, expected) => {
    const { send, sources, answer, bodies, clock } = setUp({ isStarted: false })
    const ids = send('a', 'b')
    answer(() => response(ids))
    sources.start()
    await sources.idle()
    answer(() => ({}))
    clock.advance(30_000)
    await sources.idle()

    expect(bodies()).toEqual([['a', 'b'], ...(expected.length > 0 ? [expected] : [])])
  })

  test('goes to the dead-letter queue of its queue in the end, and says where it was', async () => {
    const { send, sources, answer, clock, sqs, batches } = setUp()
    answer(() => ({ functionError: 'Unhandled', payload: {} }))
    send('a')
    for (let turn = 0; turn < 3; turn += 1) {
      await sources.idle()
      clock.advance(30_000)
    }
    await sources.idle()

    expect(batches).toHaveLength(2)
    const [dead] = await sqs.receive(DEAD_ARN)
    expect(dead).toMatchObject({ body: 'a', attributes: { DeadLetterQueueSourceArn: QUEUE_ARN } })
  })

  test('stays when the function cannot be invoked, and that is told without its content', async () => {
    const { send, sources, answer, sqs, log } = setUp()
    answer(() => {
      throw new Error('Rate exceeded')
    })
    send('secret')
    await sources.idle()

    expect(sqs.counts(QUEUE_ARN)).toMatchObject({ notVisible: 1 })
    expect(log).toContainEqual(
      expect.objectContaining({ event: 'event_source_invoke_failed', reason: 'Rate exceeded' }),
    )
    expect(JSON.stringify(log)).not.toContain('secret')
  })

  test('is a whole batch where the mapping has no reports of items', async () => {
    const { send, sources, answer, sqs } = setUp({ mapping: { reportsItemFailures: false } })
    const [id = ''] = send('a')
    answer(() => failing(id))
    await sources.idle()

    expect(sqs.counts(QUEUE_ARN)).toEqual({ visible: 0, notVisible: 0, delayed: 0 })
  })
})

test('a mapping that is removed takes nothing any more, and what is at work ends first', async () => {
  const { send, sources, answer, batches, sqs } = setUp()
  const gate = Promise.withResolvers<void>()
  answer(async () => {
    await gate.promise
    return {}
  })
  send('a')
  await expect.poll(() => batches.length).toBe(1)
  sources.remove('mapping')
  send('b')
  gate.resolve()
  await sources.close()

  expect(batches).toHaveLength(1)
  expect(sqs.counts(QUEUE_ARN)).toEqual({ visible: 1, notVisible: 0, delayed: 0 })
})
