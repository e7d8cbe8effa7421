/** Why somebody is woken. `{name}` in a summary is the function, rule or route that the alarm watches. */
export interface AlarmKind {
  readonly summary: string
  /** Why at this value and not at another. */
  readonly reason: string
  readonly statistic: 'Maximum' | 'Sum' | 'p99'
  readonly threshold: number
  readonly periodSeconds: number
}

const MINUTE_SECONDS = 60
const FIVE_MINUTES_SECONDS = 300
const ONCE = { statistic: 'Sum', threshold: 1, periodSeconds: MINUTE_SECONDS } as const

/**
 * The kinds of alarms. docs/RUNBOOK.md has an entry for each, under its name; a test provokes each in the local runtime.
 */
export const ALARM_KINDS = {
  DeadLetters: {
    ...ONCE,
    statistic: 'Maximum',
    summary: 'Messages that {name} could not handle wait in its dead-letter queue.',
    reason: 'a message that waits there is work that nobody does',
  },
  Errors: {
    ...ONCE,
    summary: 'Invocations of {name} failed.',
    reason: 'what has a code is an outcome, so a failed invocation is a crash, a timeout or a bug',
  },
  Faults: {
    ...ONCE,
    summary: '{name} met faults of the system; its log names their codes.',
    reason: 'a system fault is one that only the operator can mend',
  },
  Destinations: {
    ...ONCE,
    summary: 'Outcomes of {name} did not reach the publisher.',
    reason: 'Lambda has repeated the delivery before it counts one; a device got no answer',
  },
  Throttles: {
    ...ONCE,
    summary: 'Invocations of {name} were throttled.',
    reason: 'every connect or every answer hangs on this function',
  },
  ParseError: {
    ...ONCE,
    summary: 'Topic rule {name} could not read messages.',
    reason: 'our rules read no payload, so somebody changed the rule',
  },
  Refused: {
    statistic: 'Sum',
    threshold: 100,
    periodSeconds: FIVE_MINUTES_SECONDS,
    summary: '{name} refuses many connects; its log names their codes.',
    reason:
      'single refusals are the business of single devices; a hundred in five minutes are a rotation that went wrong, or an attack',
  },
  Slow: {
    statistic: 'p99',
    threshold: 2_500,
    periodSeconds: FIVE_MINUTES_SECONDS,
    summary: 'Decisions of {name} take long.',
    reason: 'half of the five seconds that the service gives an authorizer; after them the connect is refused',
  },
  Late: {
    ...ONCE,
    summary: 'Requests reached {name} after their deadline.',
    reason: "a request that is thirty seconds old has waited in Lambda's queue for as long: it stands still",
  },
  Waiting: {
    statistic: 'p99',
    threshold: 10_000,
    periodSeconds: FIVE_MINUTES_SECONDS,
    summary: 'Devices wait long for answers on {name}.',
    reason: 'a third of the deadline; a function that begins cold takes a tenth of it',
  },
  Behind: {
    statistic: 'Maximum',
    threshold: 60_000,
    periodSeconds: MINUTE_SECONDS,
    summary: '{name} is behind with the stream that it reads.',
    reason:
      'changes reach it within two seconds; one that is a minute old is held up, and a day later the stream drops it',
  },
} as const satisfies Readonly<Record<string, AlarmKind>>

export type AlarmKindName = keyof typeof ALARM_KINDS

/** What an operator reads in the console and in the notification. */
export function alarmDescription(kind: AlarmKindName, name: string, runbookUrl: string): string {
  const { summary, reason } = ALARM_KINDS[kind]
  return `${summary.replace('{name}', name)} Threshold: ${reason}. Runbook: ${runbookUrl}#${kind.toLowerCase()}`
}
