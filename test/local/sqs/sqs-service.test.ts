import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createSqsService, type QueueAttributes } from '#local/sqs/index.ts'
import { openState } from '#local/state/index.ts'
import { createFakeClock } from '../state/fake-clock.ts'

const ARN = 'arn:aws:sqs:eu-west-1:123456789012:letters'
const DEAD_ARN = 'arn:aws:sqs:eu-west-1:123456789012:dead'

function setUp(attributes: QueueAttributes = {}) {
  const clock = createFakeClock()
  const state = openState({ file: ':memory:' })
  const service = createSqsService({ db: state.db, clock })
  onTestFinished(() => {
    service.close()
    state.close()
  })
  service.createQueue({ name: 'letters', arn: ARN, attributes })
  const send = (...bodies: string[]) => {
    for (const body of bodies) service.send(ARN, { body })
  }
  const bodies = async (options = {}) => (await service.receive(ARN, options)).map(({ body }) => body)
  return { clock, state, service, send, bodies }
}

describe('receiving', () => {
  test('gives messages in the order they were sent, and each to one receiver', async () => {
    const { send, bodies } = setUp()
    send('a', 'b', 'c')

    expect(await bodies({ maxMessages: 2 })).toEqual(['a', 'b'])
    expect(await bodies({ maxMessages: 2 })).toEqual(['c'])
    expect(await bodies({ maxMessages: 2 })).toEqual([])
  })

  test('hides a received message for as long as its receiver says, and wakes who waits when it is back', async () => {
    const { clock, service, send, bodies } = setUp()
    send('a')
    const [first] = await service.receive(ARN)
    service.changeVisibility(first?.receiptHandle ?? '', 60)
    clock.advance(59_999)
    expect(await bodies()).toEqual([])

    const waiting = bodies({ waitTimeSeconds: 20 })
    service.changeVisibility(first?.receiptHandle ?? '', 0)
    expect(await waiting).toEqual(['a'])
  })

  test('refuses to hide what is in sight, and what was never received', async () => {
    const { service, send } = setUp()
    send('a')
    const [first] = await service.receive(ARN, { visibilityTimeoutSeconds: 0 })
    const change = (handle: string, seconds: number) => () => service.changeVisibility(handle, seconds)

    expect(change(first?.receiptHandle ?? '', 10)).toThrow(expect.objectContaining({ code: 'InvalidParameterValue' }))
    expect(change('other', 10)).toThrow(expect.objectContaining({ code: 'ReceiptHandleIsInvalid' }))
    expect(change(first?.receiptHandle ?? '', 43_201)).toThrow(
      expect.objectContaining({ code: 'InvalidParameterValue' }),
    )
  })

  test('shows a message again after its visibility timeout, with a new handle and a higher count', async () => {
    const { clock, service, send } = setUp({ VisibilityTimeout: 30 })
    send('a')
    const [first] = await service.receive(ARN)

    clock.advance(29_999)
    expect(await service.receive(ARN)).toEqual([])
    clock.advance(1)
    const [second] = await service.receive(ARN)

    expect(second?.attributes.ApproximateReceiveCount).toBe('2')
    expect(second?.attributes.ApproximateFirstReceiveTimestamp).toBe(first?.attributes.ApproximateFirstReceiveTimestamp)
    expect(second?.receiptHandle).not.toBe(first?.receiptHandle)
    service.delete(first?.receiptHandle ?? '')
    expect(service.counts(ARN)).toEqual({ visible: 0, notVisible: 1, delayed: 0 })
    service.delete(second?.receiptHandle ?? '')
    expect(service.counts(ARN)).toEqual({ visible: 0, notVisible: 0, delayed: 0 })
  })

  test('gives each message once in one answer, also with a visibility timeout of 0', async () => {
    const { send, bodies } = setUp()
    send('a', 'b')

    expect(await bodies({ maxMessages: 10, visibilityTimeoutSeconds: 0 })).toEqual(['a', 'b'])
    expect(await bodies({ maxMessages: 10 })).toEqual(['a', 'b'])
  })

  test('waits for the next message', async () => {
    const { send, bodies } = setUp()
    const waiting = bodies({ waitTimeSeconds: 20 })

    send('late')

    expect(await waiting).toEqual(['late'])
  })

  test('waits for a message to become visible', async () => {
    const { clock, service, bodies } = setUp()
    service.send(ARN, { body: 'delayed', delaySeconds: 5 })
    const waiting = bodies({ waitTimeSeconds: 20 })
    expect(service.counts(ARN)).toEqual({ visible: 0, notVisible: 0, delayed: 1 })

    clock.advance(5000)

    expect(await waiting).toEqual(['delayed'])
  })

  test('waits no longer than told, nor after the end of the service', async () => {
    const { clock, service, bodies } = setUp()
    const waiting = bodies({ waitTimeSeconds: 2 })
    const longer = bodies({ waitTimeSeconds: 20 })

    clock.advance(2000)
    expect(await waiting).toEqual([])
    service.close()
    expect(await longer).toEqual([])
  })
})

describe('keeping', () => {
  test('forgets a message when its retention period is over', async () => {
    const { clock, send, bodies, service } = setUp({ MessageRetentionPeriod: '60' })
    send('old')
    clock.advance(30_000)
    send('new')

    clock.advance(30_000)

    expect(service.attributes(ARN)).toMatchObject({ ApproximateNumberOfMessages: '1', MessageRetentionPeriod: '60' })
    expect(await bodies({ maxMessages: 10 })).toEqual(['new'])
  })

  test('moves a message received too often to the dead-letter queue', async () => {
    const policy = { deadLetterTargetArn: DEAD_ARN, maxReceiveCount: 2 }
    const { service, send, bodies } = setUp({ RedrivePolicy: policy, VisibilityTimeout: 0 })
    service.createQueue({ name: 'dead', arn: DEAD_ARN })
    send('poison')
    expect([...(await bodies()), ...(await bodies())]).toEqual(['poison', 'poison'])

    expect(await bodies()).toEqual([])

    const [dead] = await service.receive(DEAD_ARN)
    expect(dead).toMatchObject({
      body: 'poison',
      attributes: { DeadLetterQueueSourceArn: ARN, ApproximateReceiveCount: '1' },
    })
  })

  test('purges', () => {
    const { service, send } = setUp()
    send('a', 'b')

    service.purge(ARN)

    expect(service.attributes(ARN)).toMatchObject({ ApproximateNumberOfMessages: '0' })
  })

  test('has queues and messages after a restart', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bridge-sqs-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    const file = join(folder, 'state.db')
    const before = openState({ file })
    const sender = createSqsService({ db: before.db })
    sender.createQueue({ name: 'letters', arn: ARN, attributes: { DelaySeconds: 0 } })
    sender.send(ARN, { body: 'kept', messageAttributes: { color: { DataType: 'String', StringValue: 'red' } } })
    before.close()

    using state = openState({ file })
    using service = createSqsService({ db: state.db })

    service.createQueue({ name: 'letters', arn: ARN })
    expect(await service.receive(ARN)).toMatchObject([
      { body: 'kept', messageAttributes: { color: { DataType: 'String', StringValue: 'red' } } },
    ])
  })
})

describe('refusals', () => {
  test.each<[string, string, QueueAttributes]>([
    ['a FIFO queue', 'UnsupportedOperation', { FifoQueue: true }],
    ['an unknown attribute', 'InvalidAttributeName', { Visibility: 1 }],
    ['a number out of range', 'InvalidAttributeValue', { VisibilityTimeout: 43_201 }],
    ['a number that is none', 'InvalidAttributeValue', { DelaySeconds: 'soon' }],
    ['a redrive policy without a target', 'InvalidAttributeValue', { RedrivePolicy: '{"maxReceiveCount":1}' }],
    ['a redrive policy that is no JSON', 'InvalidAttributeValue', { RedrivePolicy: 'often' }],
  ])('name %s', (_, code, attributes) => {
    const { service } = setUp()

    expect(() => service.createQueue({ name: 'letters', arn: ARN, attributes })).toThrow(
      expect.objectContaining({ code }),
    )
  })

  test('name an ARN that does not end with the name', () => {
    const { service } = setUp()

    expect(() => service.createQueue({ name: 'other', arn: ARN })).toThrow(
      expect.objectContaining({ code: 'InvalidParameterValue', message: expect.stringContaining(`got '${ARN}'`) }),
    )
  })

  test.each([
    ['an empty body', 'MissingParameter', { body: '' }],
    ['a character outside XML', 'InvalidMessageContents', { body: 'a\u0000b' }],
    ['a lone surrogate', 'InvalidMessageContents', { body: 'a\uD800b' }],
    ['a body over the limit', 'InvalidParameterValue', { body: 'ä'.repeat(513) }],
    ['too long a delay', 'InvalidParameterValue', { body: 'a', delaySeconds: 901 }],
    ['an attribute of no type', 'InvalidParameterValue', { body: 'a', messageAttributes: { n: { DataType: '' } } }],
    [
      'an attribute without value',
      'InvalidParameterValue',
      { body: 'a', messageAttributes: { n: { DataType: 'String' } } },
    ],
    [
      'a number that is none',
      'InvalidParameterValue',
      { body: 'a', messageAttributes: { n: { DataType: 'Number', StringValue: 'x' } } },
    ],
    [
      'a reserved attribute name',
      'InvalidParameterValue',
      { body: 'a', messageAttributes: { 'AWS.n': { DataType: 'String', StringValue: 'x' } } },
    ],
    [
      'an eleventh attribute',
      'InvalidParameterValue',
      {
        body: 'a',
        messageAttributes: Object.fromEntries(
          Array.from({ length: 11 }, (_, index) => [`n${index}`, { DataType: 'String', StringValue: 'x' }]),
        ),
      },
    ],
  ])('name %s', (_, code, message) => {
    const { service } = setUp({ MaximumMessageSize: 1024 })

    expect(() => service.send(ARN, message)).toThrow(expect.objectContaining({ code }))
    expect(service.counts(ARN).visible).toBe(0)
  })

  test('takes a body of exactly the limit', () => {
    const { service } = setUp({ MaximumMessageSize: 1024 })

    expect(service.send(ARN, { body: 'ä'.repeat(512) }).md5OfBody).toMatch(/^[0-9a-f]{32}$/)
  })

  test('name a queue that is not there, a handle that is none and an eleventh message', async () => {
    const { service } = setUp()

    expect(() => service.send(DEAD_ARN, { body: 'a' })).toThrow(expect.objectContaining({ code: 'QueueDoesNotExist' }))
    expect(() => service.delete('handle')).toThrow(expect.objectContaining({ code: 'ReceiptHandleIsInvalid' }))
    await expect(service.receive(ARN, { maxMessages: 11 })).rejects.toThrow(
      'Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.',
    )
  })
})
