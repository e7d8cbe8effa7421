// Decisions a second of the policy evaluator, on one core: `node bench/local/iot-policy.ts [--json]`.
import { bindPolicies, compilePolicy, connectionContext, evaluatePolicies } from '#local/iot-policy/index.ts'
import { describeMachine, machineText } from '../machine.ts'
import { percentile, renderTable, tell } from '../report.ts'

const ROUNDS = 7
const DECISIONS = 200_000
const TOPICS = 500
const ARN = 'arn:aws:iot:us-east-1:123456789012:'

/** Ten documents, as many as an authorizer may return, of patterns that all begin alike. */
const policies = Array.from({ length: 10 }, (_, document) =>
  compilePolicy(
    {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['iot:Publish', 'iot:Receive'],
          Resource: [`${ARN}topic/fleet/\${iot:ClientId}/${document}/*`, `${ARN}topic/fleet/shared/${document}`],
        },
        {
          Effect: 'Deny',
          Action: 'iot:Publish',
          Resource: `${ARN}topic/fleet/\${iot:Connection.Thing.ThingName}/${document}/secret/*`,
        },
      ],
    },
    `document ${document}`,
  ),
)
const context = connectionContext({ clientId: 'lamp-1', thing: { name: 'lamp-1' } })
const resources = Array.from({ length: TOPICS }, (_, index) => `${ARN}topic/fleet/lamp-1/${index % 12}/value/${index}`)

type Decide = (resource: string) => string
const bound = bindPolicies(policies, context)
const CASES: Record<string, () => Decide> = {
  'cached: a topic asked before': () => (resource) => bound.decide('iot:Publish', resource).decision,
  'a topic never asked before': () => {
    let fresh = bindPolicies(policies, context)
    let asked = 0
    return (resource) => {
      if (asked++ % 50_000 === 0) fresh = bindPolicies(policies, context)
      // never asked before, and as long as the others
      return fresh.decide('iot:Publish', `${resource}${asked}`).decision
    }
  },
  'not bound: variables put in anew': () => (resource) =>
    evaluatePolicies(policies, { action: 'iot:Publish', resource, context }).decision,
}

const results = Object.entries(CASES).map(([name, create]) => {
  tell(name)
  const rates = Array.from({ length: ROUNDS }, () => rateOf(create()))
  return { name, perSecond: Math.round(percentile(rates, 0.5)), slowestPerSecond: Math.round(Math.min(...rates)) }
})

const machine = describeMachine()
if (process.argv.includes('--json')) console.log(JSON.stringify({ machine, results }))
else {
  const rows = results.map(({ name, perSecond, slowestPerSecond }) => [
    name,
    format(perSecond),
    format(slowestPerSecond),
  ])
  console.log(`${machineText(machine)}\n10 documents, 20 statements, variables in each; median of ${ROUNDS} rounds\n`)
  console.log(renderTable([['decisions', 'per second', 'slowest round'], ...rows]))
}

function rateOf(decide: Decide): number {
  let allowed = 0
  const startedAtMs = performance.now()
  for (let index = 0; index < DECISIONS; index++) {
    if (decide(resources[index % TOPICS] ?? '') === 'allowed') allowed++
  }
  const seconds = (performance.now() - startedAtMs) / 1000
  if (allowed === 0 || allowed === DECISIONS) throw new Error(`${allowed} of ${DECISIONS} allowed: nothing was decided`)
  return DECISIONS / seconds
}

function format(rate: number): string {
  return rate.toLocaleString('en-US')
}
