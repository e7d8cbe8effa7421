import { GetQueueUrlCommand, PurgeQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEFAULT_STAGE, deadLetterQueueName } from '#contract/index.ts'
import { writeRuntimeFile } from '../../cli/runtime-file.ts'
import { startFailingApi } from '../cli/doctor/failing-api.ts'
import { announceBridge, awsOptions, type Bridge, runHere, startBridge, temporaryFolder } from './harness/index.ts'

interface Row {
  part: string
  state: string
  detail: string
}

const state = temporaryFolder()
let bridge: Bridge
beforeAll(async () => {
  bridge = await startBridge()
  announceBridge(bridge, state.path)
})
afterAll(async () => {
  await bridge?.[Symbol.asyncDispose]()
  state[Symbol.dispose]()
})

async function status(folder = state.path) {
  const { exitCode, stdout, stderr } = await runHere(['status', '--json', '--state', folder])
  const { ok, rows } = JSON.parse(stdout) as { ok: boolean; rows: Row[] }
  return { exitCode, stderr, ok, rows, of: (part: string) => rows.filter((row) => row.part === part) }
}

async function health() {
  const response = await fetch(new URL('/health', bridge.runtime.apiUrl))
  const report = (await response.json()) as { status: string; parts: { part: string; state: string; reason: string }[] }
  return { code: response.status, ...report }
}

describe('a bridge that is well', () => {
  test('has every part of its health ok', async () => {
    const { code, status: overall, parts } = await health()

    expect({ code, overall }).toEqual({ code: 200, overall: 'ok' })
    expect(parts.filter((one) => one.state !== 'ok')).toEqual([])
    expect(parts.map(({ part }) => part)).toEqual([
      ...[
        'broker',
        'functions',
        'rules',
        'tables',
        'queues',
        'workflows',
        'events',
        'http',
        'certificates',
        'resources',
      ],
    ])
  })

  test('has a screen where nothing is wrong, and exit code 0', async () => {
    const { exitCode, ok, rows, of } = await status()

    expect(rows.filter((row) => row.state !== 'ok')).toEqual([])
    expect({ exitCode, ok }).toEqual({ exitCode: 0, ok: true })
    expect([...new Set(rows.map(({ part }) => part))]).toEqual([
      ...['endpoint', 'ports', 'certificates', 'rotation', 'issuer key', 'dead letters', 'rules', 'errors'],
      ...['versions', 'health'],
    ])
    expect(of('endpoint').map(({ detail }) => detail)).toEqual([
      expect.stringMatching(/^mqtt at localhost:\d+$/),
      expect.stringMatching(/^wss at localhost:\d+$/),
    ])
  })

  test('is a plain line a row in a pipe', async () => {
    const { stdout } = await runHere(['status', '--state', state.path])

    expect(stdout).toMatch(/^ok {7}issuer key {4}made \d+ (s|min) ago$/m)
  })
})

test('a message in a dead-letter queue is told, degrades the queues, and gives exit code 1', async () => {
  const sqs = new SQSClient(awsOptions(bridge.runtime))
  const QueueName = deadLetterQueueName(DEFAULT_STAGE, 'events')
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName }))
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '{}' }))

  const { exitCode, stderr, of } = await status()
  await sqs.send(new PurgeQueueCommand({ QueueUrl }))
  sqs.destroy()

  expect(exitCode).toBe(1)
  expect(stderr).toContain('not_healthy')
  expect(of('dead letters')).toEqual([
    expect.objectContaining({ state: 'wrong', detail: 'events: 1 waiting, 0 in flight' }),
  ])
  expect(of('health').filter((row) => row.state === 'wrong')).toEqual([
    expect.objectContaining({ detail: expect.stringMatching(/^queues is degraded: alarms: .*events/) }),
  ])
})

test('what may not be asked is unknown in its row, and all else is as it is', async () => {
  using api = await startFailingApi(bridge.runtime.apiUrl, {
    call: 'ListSecretVersionIds',
    answer: () => ({ error: 'AccessDeniedException' }),
  })
  using folder = temporaryFolder()
  const { mqttUrl, endpoints, caFile, region, credentials } = bridge.runtime
  const place = { pid: process.pid, mqttUrl, endpoints: { ...endpoints }, caFile, region, credentials }
  writeRuntimeFile(folder.path, { ...place, apiUrl: api.url, root: 'jamey', stage: DEFAULT_STAGE })

  const { of } = await status(folder.path)

  expect(of('issuer key')).toEqual([
    expect.objectContaining({
      state: 'unknown',
      detail: expect.stringContaining('secretsmanager:ListSecretVersionIds'),
    }),
  ])
  expect(of('endpoint').map((row) => row.state)).toEqual(['ok', 'ok'])
})

test('a bridge that does not run is told at once', async () => {
  using folder = temporaryFolder()

  const { exitCode, stderr } = await runHere(['status', '--state', folder.path])
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('runtime_not_running') })
})
