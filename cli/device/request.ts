import { setTimeout as delay } from 'node:timers/promises'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { type Command, Option } from 'commander'
import {
  DEVICE_REQUEST_LIMITS,
  type DeviceRequestState,
  deploymentNames,
  deviceRequestStateSchema,
  findDeviceRequestKey,
  functionName,
  REQUEST_LIMITS,
} from '#contract/index.ts'
import { createDynamoDbDeviceRequests, deviceRequestState, parseDeviceRequestId } from '#correlation/index.ts'
import { CommandError } from '../command-error.ts'
import { openTarget, type Target, type TargetOptions, withTargetOptions } from '../target.ts'
import { pretty, type Terminal } from '../terminal.ts'
import { readJsonArgument } from '../topic-argument.ts'
import { wholeNumber } from '../whole-number.ts'

const EXAMPLES = `
The payload goes on the device's request topic, in the shape { "method", "path", "headers", "body" }; on command/edge it is
{ "command", "payload" }. Without an answer in time the exit code is 1.

With --aws the caller needs lambda:InvokeFunction on the requester and dynamodb:GetItem on the table of the correlations.

Examples:
  npx bridge device request jamey-instance-1 '{"method":"GET","path":"/state"}'
  npx bridge device request jamey-instance-1 '{"command":"lamp/on","payload":{}}' --topic command/edge --timeout 60
  npx bridge device request jamey-instance-1 '{"method":"GET","path":"/state"}' --async --when-offline keep`

/** Between two looks at the record: an answer takes a network both ways. */
const LOOK_AGAIN_MS = 250

interface RequestOptions extends TargetOptions {
  topic: string
  timeout: string
  correlationId?: string
  whenOffline: string
  async?: boolean
  json?: boolean
}

/** `bridge device request CLIENT JSON`: asks a device and prints its answer. */
export function requestCommand(parent: Command, terminal: Terminal): void {
  const command = parent
    .command('request <client-id> <json>')
    .description('ask a device and print its answer; "-" reads the payload from standard input')
    .option('--topic <topic>', 'by which it is asked: requests, command/edge or command', 'requests')
    .option('--timeout <seconds>', 'how long the device has to answer', '30')
    .option('--correlation-id <id>', 'ask again with the same id to get the same answer (default: a new UUID)')
    .addOption(
      new Option('--when-offline <what>', 'fail at once, or keep it for the session of the device until the timeout')
        .choices(['fail', 'keep'])
        .default('fail'),
    )
    .option('--async', 'do not wait; `bridge requests show` tells what comes of it')
    .option('--json', 'print the whole state of the request on one line')
  withTargetOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((clientId: string, json: string, options: RequestOptions) => request(clientId, json, options, terminal))
}

async function request(clientId: string, json: string, options: RequestOptions, terminal: Terminal): Promise<void> {
  const topic = findDeviceRequestKey(options.topic)
  if (!topic) throw new CommandError('usage', 'invalid_option', `--topic: no device is asked on "${options.topic}"`)
  const deadlineSeconds = wholeNumber('--timeout', 1, DEVICE_REQUEST_LIMITS.maxDeadlineSeconds)(options.timeout)
  const target = openTarget(options)
  const startedAtMs = performance.now()
  const asked = await ask(target, {
    client_id: clientId,
    topic,
    payload: await readJsonArgument(json),
    deadline_seconds: deadlineSeconds,
    when_offline: options.whenOffline,
    ...(options.correlationId !== undefined && { correlation_id: options.correlationId }),
  })
  const state = options.async ? asked : await answered(target, asked, terminal)
  if (options.json) terminal.result(JSON.stringify(state))
  if (state.state === 'completed' && !options.json) terminal.result(pretty(state.answer))
  if (state.state === 'pending' && !options.json) terminal.result(state.request_id)
  if (state.state === 'failed' || state.state === 'expired') {
    throw new CommandError('failed', state.error.code, state.error.message)
  }
  if (state.state === 'completed') {
    terminal.note(terminal.colors.dim(`answered in ${(performance.now() - startedAtMs).toFixed(0)} ms`))
  }
}

async function ask(target: Target, event: unknown): Promise<DeviceRequestState> {
  const invocation = new InvokeCommand({
    FunctionName: functionName(target.stage, 'requester'),
    Payload: Buffer.from(JSON.stringify(event)),
  })
  const { FunctionError: fault, Payload: bytes } = await new LambdaClient(target.aws).send(invocation)
  const payload: unknown = JSON.parse(Buffer.from(bytes ?? []).toString('utf8') || 'null')
  if (fault === undefined) return deviceRequestStateSchema.parse(payload)
  const { errorType = fault, errorMessage = '' } = Object(payload) as { errorType?: string; errorMessage?: string }
  throw new CommandError('failed', errorType, errorMessage)
}

/** Looks until there is an outcome, or the deadline has passed, which progress of the device may move. */
async function answered(target: Target, asked: DeviceRequestState, terminal: Terminal): Promise<DeviceRequestState> {
  const requests = createDynamoDbDeviceRequests({
    client: new DynamoDBClient(target.aws),
    tableName: deploymentNames(target.stage).correlationTable,
    keptSeconds: REQUEST_LIMITS.correlationKeptSeconds,
  })
  const key = parseDeviceRequestId(asked.request_id)
  let state = asked
  let isNoted = false
  const startedAtMs = performance.now()
  while (state.state === 'pending' && key !== undefined) {
    await delay(LOOK_AGAIN_MS)
    const record = await requests.find(key, { consistent: true })
    if (!record) break
    state = deviceRequestState(record, Date.now())
    if (!isNoted && terminal.isPerson && performance.now() - startedAtMs > 2_000) {
      isNoted = true
      terminal.note(terminal.colors.dim(`waiting for the device, until ${state.deadline_at}`))
    }
  }
  return state
}
