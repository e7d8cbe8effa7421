import { answerableMsOf, type RuleEvent, resolveTopic, topicDefinition } from '#contract/index.ts'

/**
 * What sending a message back does. `runs`: it is handled as any other. `refused`: a request past its deadline is answered with
 * deadline_exceeded. `tooLate`: nobody waits any more, so the function only says so in its log. `stays`: it cannot be sent back.
 */
export type Outlook = 'runs' | 'refused' | 'tooLate' | 'stays'

export const OUTLOOK_TEXTS: Readonly<Record<Outlook, string>> = {
  runs: 'runs',
  refused: 'past its deadline: answered with deadline_exceeded',
  tooLate: 'past its deadline: never answered',
  stays: 'stays',
}

/** The same limits as the functions hold it against. */
export function outlookOf(
  stage: 'request' | 'outcome',
  event: RuleEvent,
  { root, nowMs }: { root: string; nowMs: number },
): Outlook {
  const key = resolveTopic(root, event.topic)?.key
  if (!key || !topicDefinition(key).reply) return 'runs'
  const ageMs = nowMs - event.received_at_ms
  const { run, taken, published } = answerableMsOf(key)
  if (ageMs > (stage === 'request' ? taken : published)) return 'tooLate'
  return stage === 'request' && ageMs > run ? 'refused' : 'runs'
}
