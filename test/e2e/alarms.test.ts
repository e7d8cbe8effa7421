import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { InvokeCommand } from '@aws-sdk/client-lambda'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { REQUEST_LIMITS } from '#contract/index.ts'
import { ALARM_KINDS, type AlarmKindName } from '../../lib/alarm-kinds.ts'
import { ruleEvent, sentEnvelope } from '../fixtures/rule-event.ts'
import {
  assemblyWith,
  type Bridge,
  type Device,
  functionResource,
  NAMES,
  patchedAssembly,
  standBefore,
  startBridge,
  type Template,
  temporaryFolder,
} from './harness/index.ts'

/** Stands before the authorizer and lets each of its decisions take three seconds by the clock that measures them. */
const SLOW_BUNDLE = `
const { now } = performance
let shiftMs = 0
performance.now = () => now.call(performance) + (shiftMs += 3_000)
const { handler: real } = await import('./real.mjs')
export const handler = real
`
const GONE_QUEUE = 'arn:aws:sqs:us-east-1:000000000000:gone'

let opened: AsyncDisposableStack
let bridge: Bridge
/** Its publisher may never run. */
let throttled: Bridge
let device: Device
/** Its announcer puts events on a bus that is not there; and where it keeps its state. */
let mute: Bridge
let muteState: string
let startMute: () => Promise<Bridge>
beforeAll(async () => {
  opened = new AsyncDisposableStack()
  const assembly = opened.use(
    await patchedAssembly(breakStack, {
      authorizer(folder) {
        standBefore(folder, SLOW_BUNDLE)
      },
    }),
  )
  const other = opened.use(
    await patchedAssembly((template) => {
      functionResource(template, 'publisher').Properties.ReservedConcurrentExecutions = 0
    }),
  )
  // no upstream: each api request is a fault of the system
  const parameters = { ApiUpstreamUrl: '' }
  bridge = opened.use(await startBridge({ assemblyFolder: assembly.folder, parameters }))
  throttled = opened.use(await startBridge({ assemblyFolder: other.folder, parameters }))
  device = opened.use(await bridge.connect())
  const muted = opened.use(
    await assemblyWith({ events: 'true' }, (template) => {
      functionResource(template, 'announcer').Properties.Environment.Variables.EVENT_BUS_NAME = 'nowhere'
    }),
  )
  muteState = opened.use(temporaryFolder()).path
  startMute = () => startBridge({ assemblyFolder: muted.folder, stateFolder: muteState, parameters })
  mute = await startMute()
  opened.defer(() => mute[Symbol.asyncDispose]())
})
afterAll(() => opened?.disposeAsync())

/** A rule that reads its payload, and an outcome that goes where nobody is. */
function breakStack(template: Template): void {
  const resources = Object.entries(template.Resources)
  const [, rule] =
    resources.find(
      ([, { Type, Properties }]) => Type === 'AWS::IoT::TopicRule' && ruleNamed(Properties, 'events_heartbeat'),
    ) ?? []
  const payload = rule?.Properties.TopicRulePayload as { Sql: string }
  payload.Sql = payload.Sql.replace(/^SELECT .* FROM/, 'SELECT *, topic() AS topic FROM')
  const events = functionResource(template, 'events')
  const [functionId] = resources.find(([, one]) => one === events) ?? []
  const [, invocation] =
    resources.find(
      ([, { Type, Properties }]) =>
        Type === 'AWS::Lambda::EventInvokeConfig' &&
        JSON.stringify(Properties.FunctionName) === JSON.stringify({ Ref: functionId }),
    ) ?? []
  const target = { Destination: GONE_QUEUE }
  Object.assign(invocation?.Properties ?? {}, { DestinationConfig: { OnSuccess: target, OnFailure: target } })
  const [roleId] = (events.Properties.Role as { 'Fn::GetAtt': string[] })['Fn::GetAtt']
  template.Resources.GoneGrant = {
    Type: 'AWS::IAM::Policy',
    Properties: {
      PolicyName: 'gone',
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 'sqs:SendMessage', Resource: GONE_QUEUE }],
      },
      Roles: [{ Ref: roleId }],
    },
  }
}

function ruleNamed(properties: Readonly<Record<string, unknown>>, end: string): boolean {
  return String(properties.RuleName).endsWith(end)
}

/** A request that nobody could be told of, and what would be so a minute later. */
async function holdUpTheStream(): Promise<void> {
  await invoke(mute, 'conscience', evaluation(0), 'RequestResponse')
  await mute[Symbol.asyncDispose]()
  const db = new DatabaseSync(join(muteState, 'state.db'))
  db.prepare('UPDATE dynamodb_change SET at_ms = at_ms - ?').run(ALARM_KINDS.Behind.threshold)
  db.close()
  mute = await startMute()
}

/** What raises an alarm of each kind, and of whom. */
const CAUSES: Readonly<Record<AlarmKindName, { of: string; at?: () => Bridge; cause: () => Promise<unknown> }>> = {
  Errors: { of: 'memory', cause: () => invoke(bridge, 'memory', { nonsense: true }) },
  DeadLetters: { of: 'conscience', cause: () => invoke(bridge, 'conscience', { nonsense: true }) },
  Faults: {
    of: 'api',
    cause: () => device.request('jamey/api/requests', { method: 'GET', path: '/public/health' }, {}),
  },
  // counted once the delivery was repeated for seven seconds
  Destinations: {
    of: 'events',
    cause: () => device.publish('jamey/events/status', envelopeText({ status: 'online', message: '', component: 'x' })),
  },
  Throttles: { of: 'publisher', at: () => throttled, cause: () => invoke(throttled, 'conscience', evaluation(0)) },
  ParseError: {
    of: `${NAMES.rulePrefix}_events_heartbeat`,
    cause: () => device.publish('jamey/events/heartbeat', 'no JSON'),
  },
  Refused: {
    of: 'authorizer',
    async cause() {
      const { threshold, periodSeconds } = ALARM_KINDS.Refused
      const period = () => Math.floor(Date.now() / (periodSeconds * 1_000))
      let begun: number
      do {
        begun = period()
        for (let count = 0; count < threshold; count += 1) await invoke(bridge, 'authorizer', {}, 'RequestResponse')
        // again when a period ended meanwhile: each is added up by itself
      } while (period() !== begun)
    },
  },
  Slow: { of: 'authorizer', cause: () => invoke(bridge, 'authorizer', {}, 'RequestResponse') },
  Waiting: {
    of: 'conscience-evaluate',
    cause: () => invoke(bridge, 'conscience', evaluation(ALARM_KINDS.Waiting.threshold + 1_000)),
  },
  // after Waiting: its answer has been waited for, too
  Behind: { of: 'announcer', at: () => mute, cause: holdUpTheStream },
  Late: { of: 'conscience', cause: () => invoke(bridge, 'conscience', evaluation(REQUEST_LIMITS.deadlineMs + 1_000)) },
}

test.each(Object.entries(CAUSES))(
  '%s goes off, with its value, its reason and its page in the runbook',
  async (kind, one) => {
    const { of, at = () => bridge, cause } = one
    const name = `${NAMES.stackName}-${kind}-${of}`
    const alarm = () =>
      at()
        .runtime.alarms()
        .find((each) => each.name === name)
    const { statistic, threshold, periodSeconds, reason } = ALARM_KINDS[kind as AlarmKindName]
    // the device that connected has been decided on, slowly
    expect(alarm()?.state).toBe(kind === 'Slow' ? 'ALARM' : 'OK')

    await cause()

    await vi.waitFor(() => expect(alarm()?.state).toBe('ALARM'), { timeout: 20_000 })
    expect(alarm()).toMatchObject({ statistic, threshold, periodSeconds })
    expect(alarm()?.value).toBeGreaterThanOrEqual(threshold)
    expect(alarm()?.description).toContain(reason)
    expect(alarm()?.description).toContain(`docs/RUNBOOK.md#${kind.toLowerCase()}`)
  },
)

test('GET /metrics tells the same to Prometheus, without a client id', async () => {
  const response = await fetch(`${bridge.runtime.apiUrl}/metrics`)
  const text = await response.text()

  expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4')
  expect(text).toMatch(
    /^mqtt_cloud_bridge_system_faults_total\{service="api",route="api\/requests",code="upstream_not_configured"\} \d+$/m,
  )
  expect(text).toMatch(
    /^mqtt_cloud_bridge_end_to_end_latency_milliseconds_count\{service="publisher",route="conscience\/evaluate"\} \d+$/m,
  )
  expect(text).toMatch(/^aws_sqs_approximate_number_of_messages_visible\{queue_name="[\w-]+-dlq-conscience"\} 1$/m)
  expect(text).not.toContain('jamey-instance-1')
})

function evaluation(ageMs: number): unknown {
  const payload = { action: 'oil the gate', context: 'it sticks' }
  const envelope = sentEnvelope(payload, { message_id: randomUUID(), metadata: {} })
  return ruleEvent(envelope, { received_at_ms: Date.now() - ageMs })
}

function envelopeText(payload: unknown): string {
  const timestamp = new Date().toISOString()
  return JSON.stringify({ message_id: randomUUID(), timestamp, topic: 'jamey/events/status', payload, metadata: {} })
}

async function invoke(at: Bridge, name: string, event: unknown, InvocationType: 'Event' | 'RequestResponse' = 'Event') {
  const FunctionName = `${NAMES.stackName}-${name}`
  await at.lambda.send(new InvokeCommand({ FunctionName, InvocationType, Payload: Buffer.from(JSON.stringify(event)) }))
}
