import { expect, onTestFinished, test } from 'vitest'
import { createMeter } from '#local/meter/index.ts'
import { createSqsService, meteredQueues } from '#local/sqs/index.ts'
import { openState } from '#local/state/index.ts'

const ARN = 'arn:aws:sqs:us-east-1:000000000000:letters'
const KB = 1024

test('each call of a service is a request, for each 64 KB of what it carries', async () => {
  const state = openState({ file: ':memory:' })
  const { count, read } = createMeter()
  const queues = meteredQueues(createSqsService({ db: state.db }), count)
  onTestFinished(() => {
    queues.close()
    state.close()
  })
  queues.createQueue({ name: 'letters', arn: ARN })

  queues.send(ARN, { body: 'x'.repeat(64 * KB + 1) })
  const [letter] = await queues.receive(ARN)
  queues.changeVisibility(letter?.receiptHandle ?? '', 30)
  queues.delete(letter?.receiptHandle ?? '')
  expect(await queues.receive(ARN)).toEqual([])

  expect(read()['sqs.requests']).toEqual({
    SendMessage: 2,
    ReceiveMessage: 2,
    ChangeMessageVisibility: 1,
    DeleteMessage: 1,
    'ReceiveMessage (empty)': 1,
  })
})
