import type { Health } from '../http/health-schema.ts'

interface Facts {
  /** State of the device client. */
  broker: string
  reason?: string
  /** Of the store. */
  problem: string | undefined
  waiting: number
  held: number
  dead: number
  subscriptions: number
}

/** What is well and what is not, part by part, each with its reason. */
export function healthByPart(facts: Facts): Health['parts'] {
  const { broker, reason, problem, waiting, held, dead, subscriptions } = facts
  return [
    { part: 'broker', state: brokerState(broker), reason: reason ?? broker },
    { part: 'store', state: problem === undefined ? 'ok' : 'down', reason: problem ?? 'takes what comes' },
    {
      part: 'callbacks',
      state: held > 0 ? 'degraded' : 'ok',
      reason: held > 0 ? `the queue is full: ${held} messages stay with the broker` : `${waiting} messages wait`,
    },
    { part: 'dead letters', state: dead > 0 ? 'degraded' : 'ok', reason: `${dead} messages were given up` },
    { part: 'subscriptions', state: 'ok', reason: `${subscriptions} of programs` },
  ]
}

/** It comes back by itself, except from an error. */
function brokerState(state: string): 'ok' | 'degraded' | 'down' {
  if (state === 'connected') return 'ok'
  return state === 'error' ? 'down' : 'degraded'
}
