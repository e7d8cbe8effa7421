import type { ServiceParityRow } from '../state/index.ts'
import { DELIVERY_RETRY_MS } from './event-bridge.ts'
import { PATTERN_OPERATORS } from './pattern/field-matchers.ts'
import { MAX_ENTRY_BYTES } from './put-entry.ts'

const GUIDE = 'https://docs.aws.amazon.com/eventbridge/latest/userguide/'

export const EVENTS_PARITY: readonly ServiceParityRow[] = [
  row(
    'Event patterns',
    'honoured',
    'eb-create-pattern-operators.html',
    PATTERN_OPERATORS.map((name) => `\`${name}\``).join(', '),
  ),
  row(
    'Numbers in patterns',
    'differs',
    'eb-event-patterns.html',
    'compared as numbers; AWS compares their text, so 300 and 3.0e2 differ there',
  ),
  row(
    'PutEvents: entries, errors of each, sizes',
    'honoured',
    'eb-putevents.html',
    `${MAX_ENTRY_BYTES.toLocaleString('en-US')} bytes an entry`,
  ),
  row('A bus that is not there', 'chosen', 'eb-putevents.html', 'an error of the entry: AWS does not say'),
  row('Input, InputPath, input transformer with its reserved variables', 'honoured', 'eb-transform-target-input.html'),
  row(
    'A variable of a template that is not in the event',
    'chosen',
    'eb-transform-target-input.html',
    'an empty text: AWS says that it does not appear',
  ),
  row(
    'Targets: functions, queues, state machines',
    'honoured',
    'eb-targets.html',
    'with the policy of function and queue, and the role for a state machine',
  ),
  row(
    'Retries: RetryPolicy',
    'chosen',
    'eb-rule-retry-policy.html',
    `waits from ${DELIVERY_RETRY_MS.min / 1_000} s, doubled up to ${DELIVERY_RETRY_MS.max / 1_000} s; a missing permission or target is not tried again`,
  ),
  row('Dead-letter queue of a target, with its attributes', 'honoured', 'eb-rule-dlq.html'),
  row('Deliveries survive a restart', 'chosen', 'eb-rule-retry-policy.html', 'at least once'),
  row(
    'Schedules, archives, replays, pipes, API destinations, other accounts and regions',
    'missing',
    'eb-what-is.html',
  ),
]

function row(feature: string, state: ServiceParityRow['state'], page: string, note?: string): ServiceParityRow {
  return { feature, state, source: GUIDE + page, ...(note !== undefined && { note }) }
}
