import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type BridgeProcess,
  type CommandResult,
  patchedAssembly,
  runCommand,
  sharedFolders,
  startBridgeProcess,
  startTestUpstream,
  type Template,
  temporaryFolder,
  untraced,
} from './harness/index.ts'

const EVALUATE = JSON.stringify({ action: 'Delete user data', context: 'User requested account deletion' })

let assembly: string
beforeAll(async () => {
  assembly = (await sharedFolders()).assembly
})

const startOnce = (args: readonly string[]) =>
  runCommand(['start', '--json', '--mqtt-port', '0', '--api-port', '0', '--upstream', 'none', ...args])

describe('a running bridge', () => {
  const state = temporaryFolder()
  let bridge: BridgeProcess
  beforeAll(async () => {
    bridge = await startBridgeProcess(state.path, ['--template', assembly, '--upstream', 'none'])
  })
  afterAll(async () => {
    await bridge?.[Symbol.asyncDispose]()
    state[Symbol.dispose]()
  })
  const run = (command: string, ...args: string[]) => runCommand([command, ...args, '--state', state.path])

  test('says where it is in one line of JSON', async () => {
    expect(bridge.ready).toEqual({
      mqttUrl: expect.stringMatching(/^mqtts:\/\/localhost:\d+$/),
      endpoints: { mqtt: bridge.ready.mqttUrl, wss: expect.stringMatching(/^wss:\/\/localhost:\d+\/mqtt$/) },
      apiUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      consoleUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/#[\w-]{32}$/),
      caFile: expect.stringMatching(/certs\/local\/.+/),
      root: 'jamey',
      readyMs: expect.any(Number),
    })
    expect(existsSync(bridge.ready.caFile)).toBe(true)
  })

  test('lets its owner alone read the file with the credentials', () => {
    expect(statSync(join(state.path, 'runtime.json')).mode & 0o777).toBe(0o600)
    expect(statSync(join(state.path, 'state.db')).mode & 0o077).toBe(0)
  })

  test('listens on the loopback interface only', async () => {
    const others = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4')
    const urls = [bridge.ready.apiUrl, bridge.ready.consoleUrl, ...Object.values(bridge.ready.endpoints)]
    const ports = urls.map((url) => Number(new URL(url).port))
    for (const port of ports) {
      expect(await reachable('127.0.0.1', port)).toBe(true)
      for (const { address } of others) expect(await reachable(address, port), address).toBe(false)
    }
  })

  test('does not let a second one use its state', async () => {
    const result = await startOnce(['--template', assembly, '--state', state.path])
    expectFailure(result, 1, 'STATE_IN_USE')
    const ephemeral = await startOnce(['--template', assembly, '--state', state.path, '--ephemeral'])
    expectFailure(ephemeral, 1, 'state_in_use')
    expect(JSON.parse(readFileSync(join(state.path, 'runtime.json'), 'utf8'))).toMatchObject({ pid: bridge.pid })
  })

  test('answers a request on the command line', async () => {
    const result = await run('request', 'conscience/evaluate', EVALUATE)
    expect(result).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('answered in') })
    expect(JSON.parse(result.stdout)).toMatchObject({
      action: 'Delete user data',
      approved: expect.any(Boolean),
      moral_score: expect.any(Number),
      applied_rules: expect.any(Array),
      explanation: expect.any(String),
    })
  })

  test('answers a repeated request with the same reply, read from standard input too', async () => {
    const args = ['request', '--json', '--correlation-id', randomUUID(), '--state', state.path, 'conscience/evaluate']
    const first = await runCommand([...args, EVALUATE])
    const again = await runCommand([...args, '-'], { input: EVALUATE })
    expect(first.exitCode).toBe(0)
    expect(untraced({ text: again.stdout })).toBe(untraced({ text: first.stdout }))
  })

  test('prints messages and publishes them', async () => {
    const topic = 'jamey/events/status'
    const listening = runCommand(['subscribe', topic, '--count', '1', '--json', '--state', state.path])
    const message = randomUUID()
    // published until the listener has one: it does not say when it is ready in a way that another process could await
    let heard: CommandResult | undefined
    void listening.then((result) => {
      heard = result
    })
    const status = JSON.stringify({ status: 'online', message, component: 'cli' })
    while (!heard) expect((await run('publish', 'events/status', status)).exitCode).toBe(0)

    expect(JSON.parse(heard.stdout)).toMatchObject({ topic, payload: { payload: { message } } })
  })

  test('gives tokens that open a connection', async () => {
    const token = await run('token', '--client-id', 'observer-1')
    expect(token).toMatchObject({ exitCode: 0, stderr: '' })
    const [head, claims] = token.stdout.split('.').map((part) => Buffer.from(part, 'base64url').toString('utf8'))
    expect(JSON.parse(head ?? '')).toMatchObject({ alg: 'HS256', kid: 'issuer-1' })
    expect(JSON.parse(claims ?? '')).toMatchObject({ sub: 'observer-1' })
    const explained = await runCommand([
      'explain',
      'publish',
      'jamey/memory/store',
      '--json',
      '--token',
      token.stdout.trim(),
      '--state',
      state.path,
    ])
    expect(JSON.parse(explained.stdout)).toMatchObject({
      who: 'observer-1',
      role: 'observer',
      decision: 'denied',
      token: { signature: 'valid' },
    })
    const forged = token.stdout.trim().replace(/\.[^.]+$/, `.${'A'.repeat(43)}`)
    const refused = await run('explain', 'connect', '--json', '--token', forged)
    expect(JSON.parse(refused.stdout)).toMatchObject({
      decision: 'denied',
      reason: expect.stringContaining('token_signature_invalid'),
    })
  })

  test('simulates a fleet, and tells what became of its requests', async () => {
    const fleet = ['--devices', '10', '--rate', '2', '--duration', '2']
    const { exitCode, stdout, stderr } = await run('simulate', ...fleet, '--json')

    expect(exitCode, stderr).toBe(0)
    expect(stderr).toContain('connecting 10 of 10 devices')
    expect(JSON.parse(stdout)).toMatchObject({
      devices: 10,
      topic: 'conscience/evaluate',
      sent: 40,
      answered: 40,
      refused: {},
      late: 0,
      lost: 0,
      open: 0,
      p50Ms: expect.any(Number),
      p99Ms: expect.any(Number),
    })
  })

  test('a simulated fleet whose requests are refused fails, with the reasons counted', async () => {
    const requests = ['--topic', 'api/requests', '--payload', '{"method":"GET","path":"/rules"}']
    const { exitCode, stdout, stderr } = await run('simulate', '--devices', '2', '--duration', '1', ...requests)

    expect({ exitCode, stderr: stderr.trim().split('\n').at(-1) }).toEqual({
      exitCode: 1,
      stderr: 'requests_unanswered: 0 lost, 2 upstream_not_configured',
    })
    expect(stdout).toMatch(/^upstream_not_configured +2$/m)
  })

  test('simulates a fleet that is asked, and tells what became of the answers', async () => {
    const fleet = ['--devices', '5', '--rate', '2', '--duration', '2', '--prefix', 'asked']
    const { exitCode, stdout, stderr } = await run('simulate', '--answer', ...fleet, '--json')

    expect(exitCode, stderr).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ devices: 5, topic: 'devices/{clientId}/requests', sent: 20, answered: 20 },
      ...{ refused: {}, late: 0, lost: 0, open: 0, p50Ms: expect.any(Number), p99Ms: expect.any(Number) },
    })
  })

  test('tells its endpoints', async () => {
    const { exitCode, stdout } = await run('endpoint', '--json')
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toEqual({
      mqttUrl: bridge.ready.mqttUrl,
      mqttHost: 'localhost',
      wssUrl: bridge.ready.endpoints.wss,
      wssHost: 'localhost',
    })
  })

  const failures: [string, string[], 1 | 2, string][] = [
    ['a payload outside the contract', ['request', 'memory/store', '{"layer":"deep"}'], 2, 'invalid_payload'],
    ['a payload that is not JSON', ['request', 'memory/store', '{layer'], 2, 'malformed_json'],
    ['a topic outside the contract', ['request', 'memory/forget', '{}'], 2, 'topic_unknown'],
    ['a topic that is not answered', ['request', 'events/status', '{}'], 2, 'not_a_request'],
    ['a time limit that is no number', ['request', 'memory/query', '{}', '--timeout', 'soon'], 2, 'invalid_option'],
    [
      'a forbidden reply topic',
      ['request', 'conscience/evaluate', EVALUATE, '--reply-to', 'jamey/responses/observer-1'],
      1,
      'subscribe_denied',
    ],
    [
      'a reply topic of another route',
      ['request', 'memory/query', '{"query":"x"}', '--reply-to', 'jamey/conscience/results'],
      1,
      'reply_to_forbidden',
    ],
    [
      'a request that is not answered in time',
      ['request', 'conscience/evaluate', EVALUATE, '--timeout', '1'],
      1,
      'timeout',
    ],
    [
      'an error of the function',
      ['request', 'api/requests', '{"method":"GET","path":"/rules"}'],
      1,
      'upstream_not_configured',
    ],
    [
      'a publish without the right',
      ['publish', 'memory/store', '{"layer":"working","content":"c","tags":[]}', '--permissions', 'jamey/events/#'],
      1,
      'publish_denied',
    ],
    ['a publish of nonsense', ['publish', 'events/status', '{}'], 2, 'invalid_payload'],
    ['a raw publish outside the contract', ['publish', '--raw', 'jamey/x', 'y'], 1, 'publish_denied'],
    ['a subscription without the right', ['subscribe', 'jamey/memory/store', '--count', '1'], 1, 'subscribe_denied'],
    ['a count of nothing', ['subscribe', 'jamey/#', '--count', '0'], 2, 'invalid_option'],
    ['a fleet of none', ['simulate', '--devices', '0'], 2, 'invalid_option'],
    ['a fleet that is asked and asks', ['simulate', '--answer', '--topic', 'memory/query'], 2, 'invalid_option'],
    ['a fleet that asks nothing', ['simulate', '--topic', 'events/status'], 2, 'not_a_request'],
    [
      'a fleet with a payload outside the contract',
      ['simulate', '--topic', 'memory/query', '--payload', '{}'],
      2,
      'invalid_payload',
    ],
    ['a device that is not registered', ['subscribe', 'jamey/#', '--client-id', 'nobody'], 1, 'connect_failed'],
    ['a lifetime that is no number', ['token', '--client-id', 'a', '--lifetime', 'long'], 2, 'invalid_option'],
    ['a client id that is none', ['token', '--client-id', 'a b'], 2, 'client_id_invalid'],
    ['a permission that is none', ['token', '--client-id', 'a', '--permissions', 'a/#/b'], 2, 'permission_invalid'],
  ]
  test.each(failures)('refuses %s', async (_, [command = '', ...args], exitCode, code) => {
    expectFailure(await run(command, ...args), exitCode, code)
  })

  test('names the reason code of a denied subscription', async () => {
    const { stderr } = await run('subscribe', 'jamey/memory/store')
    expect(stderr).toContain('0x87')
  })

  test('stops on SIGTERM with exit code 0 and takes its file away', async () => {
    using own = temporaryFolder()
    await using other = await startBridgeProcess(own.path, ['--template', assembly, '--upstream', 'none'])
    expect((await other.kill('SIGTERM')).exitCode).toBe(0)
    expect(existsSync(join(own.path, 'runtime.json'))).toBe(false)
  })
})

describe('without a running bridge', () => {
  test.each(['request', 'publish'])('%s says that none is running', async (command) => {
    using state = temporaryFolder()
    const result = await runCommand([command, 'conscience/evaluate', EVALUATE, '--state', state.path])
    expectFailure(result, 1, 'runtime_not_running')
  })

  test('topics lists the contract', async () => {
    const { exitCode, stdout } = await runCommand(['topics', '--json'])
    expect(exitCode).toBe(0)
    const rows = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { topic: string })
    expect(rows).toContainEqual({
      topic: 'jamey/conscience/evaluate',
      direction: 'toCloud',
      qos: 1,
      answered: true,
      handledBy: 'conscience',
    })
  })

  test('explain tells why a device may not do something', async () => {
    const args = ['explain', 'publish', 'jamey/memory/updates', '--client-id', 'jamey-instance-1', '--json']
    const { exitCode, stdout } = await runCommand(args)
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ decision: 'denied', reason: expect.any(String) })
  })

  const wrong: [string[], string][] = [
    [['explain', 'fly', 'x', '--client-id', 'jamey-instance-1'], 'invalid_argument'],
    [['explain', 'publish', 'x'], 'missing_option'],
    [['explain', 'publish', '--client-id', 'jamey-instance-1'], 'missing_argument'],
    [['explain', 'publish', 'x', '--client-id', 'nobody'], 'device_unknown'],
    [['explain', 'publish', 'x', '--token', 'no.token.here'], 'token_malformed'],
    [['explain', 'publish', 'x', '--client-id', 'jamey-instance-1', '--permissions', '!!x'], 'permission_invalid'],
    [['explain', 'publish', 'x', '--client-id', 'jamey-instance-1', '--fleet', 'no-such-file'], 'fleet_invalid'],
    [['start', '--mqtt-port', 'x'], 'invalid_option'],
    [['start', '-c', 'stage'], 'invalid_option'],
    [['fly'], 'unknown command'],
    [['request'], 'missing required argument'],
  ]
  test.each(wrong)('%j is a wrong call', async (args, code) => {
    expectFailure(await runCommand(args), 2, code)
  })
})

describe('a bridge that cannot start', () => {
  test('names a port in use and the option for another', async () => {
    await using taken = await startTestUpstream()
    const { port } = new URL(taken.url)
    for (const option of ['--mqtt-port', '--api-port']) {
      const result = await startOnce(['--ephemeral', '--template', assembly, option, port])
      expectFailure(result, 1, 'port_in_use')
      expect(result.stderr).toContain(`port ${port} is in use`)
      expect(result.stderr).toContain(option)
      expect(result.stdout).toBe('')
    }
  })

  test('names the rule and the position of SQL that it cannot run', async () => {
    using patched = await patchedAssembly((template) => {
      const { RuleName, TopicRulePayload } = resourceOf(template, 'AWS::IoT::TopicRule')
      TopicRulePayload.Sql = "SELECT *, abs(x AS y FROM 'jamey/x'"
      expect(RuleName).toEqual(expect.any(String))
    })
    const result = await startOnce(['--ephemeral', '--template', patched.folder])
    expect(result.exitCode).toBe(1)
    expect(result.stderr).toMatch(/rule \\?"mqtt_cloud_bridge_dev_\w+\\?", line 1, column 17/)
  })

  test('has no assembly', async () => {
    using empty = temporaryFolder()
    expectFailure(await startOnce(['--ephemeral', '--template', empty.path]), 1, 'ASSEMBLY_NOT_FOUND')
  })

  test('has no upstream at what is no URL', async () => {
    const result = await startOnce(['--ephemeral', '--template', assembly, '--upstream', 'not a url'])
    expectFailure(result, 2, 'invalid_option')
  })
})

describe('what the runtime does not know or keep', () => {
  test('a resource type without emulator is named with its logical id', async () => {
    using patched = await patchedAssembly((template) => {
      template.Resources.Novelty = { Type: 'AWS::Novelty::Thing', Properties: {} }
    })
    using state = temporaryFolder()
    const args = ['--ephemeral', '--template', patched.folder, '--upstream', 'none']
    await using bridge = await startBridgeProcess(state.path, args)
    const { stderr } = await bridge.kill('SIGTERM')
    const line = stderr.split('\n').find((one) => one.includes('resource_unsupported'))
    expect(JSON.parse(line ?? '{}')).toMatchObject({ type: 'AWS::Novelty::Thing', logicalId: 'Novelty' })
  })

  test('an ephemeral bridge leaves nothing behind', async () => {
    using state = temporaryFolder()
    const args = ['--ephemeral', '--template', assembly, '--upstream', 'none']
    await using bridge = await startBridgeProcess(state.path, args)
    const request = ['request', 'memory/store', '{"layer":"semantic","content":"c","tags":[]}', '--state', state.path]
    expect((await runCommand(request)).exitCode).toBe(0)
    expect(readdirSync(state.path)).toEqual(['runtime.json'])
    await bridge.kill('SIGTERM')
    expect(readdirSync(state.path)).toEqual([])
  })
})

function expectFailure({ exitCode, stdout, stderr }: CommandResult, expected: 1 | 2, code: string): void {
  expect(stderr).toContain(code)
  expect(exitCode).toBe(expected)
  expect(stdout).toBe('')
  expect(stderr).not.toMatch(/^\s+at /m)
}

function resourceOf(template: Template, type: string) {
  const found = Object.values(template.Resources).find(({ Type }) => Type === type)
  if (!found) throw new Error(`the template has no ${type}`)
  return found.Properties
}

function reachable(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
