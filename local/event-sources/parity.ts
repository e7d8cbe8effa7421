import type { ServiceParityRow } from '../state/index.ts'

const GUIDE = 'https://docs.aws.amazon.com/lambda/latest/dg/'

/** What becomes of event source mappings. */
export const EVENT_SOURCE_PARITY: readonly ServiceParityRow[] = [
  {
    feature: 'Queues: batches, deletion of what was handled, the rest after its visibility timeout',
    state: 'honoured',
    source: `${GUIDE}with-sqs.html`,
  },
  {
    feature: 'Failed items reported by the function',
    state: 'honoured',
    source: `${GUIDE}services-sqs-errorhandling.html`,
  },
  {
    feature: 'Batches of more than 10 messages',
    state: 'differs',
    source: `${GUIDE}services-sqs-configure.html`,
    note: 'handed over in tens, and at once: a batching window has no effect',
  },
  {
    feature: 'Streams of DynamoDB: order, failed items, halving, attempts, age, destination of what was given up',
    state: 'honoured',
    source: `${GUIDE}services-dynamodb-errors.html`,
    note: 'one batch at a time; the position is kept over restarts, the count of attempts is not',
  },
  {
    feature: 'The metric IteratorAge',
    state: 'differs',
    source: `${GUIDE}monitoring-metrics-types.html`,
    note: 'of the oldest record that is not handled, at every moment; the service tells that of the last record of a batch with each invocation',
  },
  {
    feature: 'Scaling with the length of the queue',
    state: 'differs',
    source: `${GUIDE}services-sqs-scaling.html`,
    note: 'MaximumConcurrency, or else two batches at once',
  },
]
