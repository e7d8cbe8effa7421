import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { functionName } from '#contract/index.ts'
import { openDeadLetters } from '../dlq/dead-letters.ts'
import { callApi } from '../doctor/call-api.ts'
import { certificatesCheck } from '../doctor/checks/certificates.ts'
import { portsCheck } from '../doctor/checks/ports.ts'
import { secretCheck } from '../doctor/checks/secret.ts'
import type { Examination } from '../doctor/examination.ts'
import type { Check } from '../doctor/run-checks.ts'
import { createRuleSets } from '../rules/rule-sets.ts'
import { versionsOf } from '../secret.ts'
import { ageText } from '../table.ts'
import { lastErrors } from './last-errors.ts'
import type { Question } from './row.ts'
import { runtimeHealth } from './runtime-health.ts'

/** Shown of each kind, at most. */
const MAX_ERRORS = 5

/** What the screen has, in its order; the same for the local runtime and AWS. */
export const QUESTIONS: readonly Question[] = [
  {
    part: 'endpoint',
    async ask(examination) {
      const endpoints = await examination.endpoints()
      return endpoints.map(({ kind, host, port }) => ({ state: 'ok', detail: `${kind} at ${host}:${port}` }))
    },
  },
  question('ports', portsCheck),
  question('certificates', certificatesCheck),
  question('rotation', secretCheck),
  {
    part: 'issuer key',
    async ask(examination) {
      const versions = await callApi('secretsmanager:ListSecretVersionIds', () =>
        versionsOf(examination.clients().secrets, examination.names().issuerSecret),
      )
      const current = versions.find(({ labels }) => labels.includes('AWSCURRENT'))
      if (!current) return [{ state: 'wrong', detail: 'no version is current' }]
      return [{ state: 'ok', detail: `made ${ageText((examination.nowMs() - current.createdAtMs) / 1_000)} ago` }]
    },
  },
  {
    part: 'dead letters',
    async ask(examination) {
      const queues = await callApi('sqs:GetQueueAttributes', () => openDeadLetters(examination.target()).queues())
      const full = queues.filter(({ depth }) => depth.waiting + depth.inFlight > 0)
      if (full.length === 0) return [{ state: 'ok', detail: `${queues.length} queues, all empty` }]
      return full.map(({ label, depth }) => ({
        state: 'wrong',
        detail: `${label}: ${depth.waiting} waiting, ${depth.inFlight} in flight`,
      }))
    },
  },
  {
    part: 'rules',
    async ask(examination) {
      const sets = createRuleSets(new DynamoDBClient(examination.target().aws), examination.names().ruleTable)
      const [newest] = await callApi('dynamodb:Query', () => sets.newest(1))
      if (!newest) return [{ state: 'ok', detail: 'conscience: those of the deployment' }]
      const set = new Date(newest.set_at_ms).toISOString()
      return [{ state: 'ok', detail: `conscience: version ${newest.version}, set at ${set}` }]
    },
  },
  {
    part: 'errors',
    async ask(examination) {
      const errors = await lastErrors(examination)
      if (errors.length === 0) return [{ state: 'ok', detail: 'none in the last hour' }]
      return errors.slice(0, MAX_ERRORS).map(({ at, function: name, event, code }) => ({
        state: 'wrong',
        detail: [at, name, event, code].filter((one) => one !== null).join(' '),
      }))
    },
  },
  { part: 'versions', ask: versions },
  {
    part: 'health',
    async ask(examination) {
      const { endpoint } = examination.target().aws
      if (endpoint === undefined) return []
      const { parts } = await runtimeHealth(endpoint)
      return parts.map(({ part, state, reason }) => ({
        state: state === 'ok' ? 'ok' : 'wrong',
        detail: `${part}${state === 'ok' ? '' : ` is ${state}`}: ${reason}`,
      }))
    },
  },
]

function question(part: string, check: Check): Question {
  return { part, ask: async (examination) => [{ state: 'ok', detail: await check.run(examination) }] }
}

async function versions(examination: Examination) {
  const { aws, stage } = examination.target()
  const text = readFileSync(join(examination.options.projectFolder, 'package.json'), 'utf8')
  const own = `command line ${(JSON.parse(text) as { version: string }).version}`
  if (aws.endpoint !== undefined) {
    const { node, started_at } = await runtimeHealth(aws.endpoint)
    return [{ state: 'ok' as const, detail: `${own}; runtime with Node ${node}, started at ${started_at}` }]
  }
  const FunctionName = functionName(stage, 'publisher')
  const { Runtime, LastModified } = await callApi('lambda:GetFunctionConfiguration', () =>
    new LambdaClient(aws).send(new GetFunctionConfigurationCommand({ FunctionName })),
  )
  return [{ state: 'ok' as const, detail: `${own}; functions with ${Runtime}, deployed at ${LastModified}` }]
}
