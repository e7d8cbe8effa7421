import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { blockAfter, readDocument } from '../docs/markdown.ts'
import { type RunningShell, runShell } from '../interop/shell.ts'
import { announceBridge } from './harness/announce.ts'
import { type EdgeService, startEdgeService } from './harness/edge-service.ts'
import { type Bridge, startBridge, temporaryFolder } from './harness/index.ts'

const readme = readDocument('README.md')
const section = /## Programs that speak HTTP\n(.*?)\n## /s.exec(readme)?.[1] ?? ''

describe('the lines of the README about programs that speak HTTP', () => {
  const folder = temporaryFolder()
  let bridge: Bridge
  let edge: EdgeService
  let callbackPort: number
  let receiver: RunningShell | undefined

  beforeAll(async () => {
    bridge = await startBridge()
    announceBridge(bridge, folder.path)
    edge = await startEdgeService(folder.path)
    callbackPort = await freePort()
  })
  afterAll(async () => {
    receiver?.stop()
    await edge?.[Symbol.asyncDispose]()
    await bridge?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  /** As they stand there, but for ports, which may be taken here, and for npx, which finds the same by itself. */
  function start(name: string): RunningShell {
    const script = blockAfter(readme, `edge: ${name}`)
      .replaceAll('localhost:3004', new URL(edge.url).host)
      .replaceAll('9000', String(callbackPort))
      .replace(/^npx bridge (.*)$/m, `exec '${process.execPath}' bin/bridge.ts $1 --state '${folder.path}'`)
      .replace(/^npx node /m, `exec '${process.execPath}' `)
    return runShell(script)
  }
  async function run(name: string): Promise<unknown> {
    const { exitCode, stdout, stderr } = await start(name).result
    expect([exitCode, stderr]).toEqual([0, expect.not.stringContaining('error')])
    return JSON.parse(stdout)
  }

  test('ask the cloud', async () => {
    const expected: unknown = JSON.parse(blockAfter(readme, 'the reply of the line above, held by a test'))
    expect(await run('request')).toEqual({
      status: 'success',
      topic: 'jamey/conscience/evaluate',
      payload: expected,
    })
  })

  test('publish', async () => {
    const topic = 'org/acme/device/Instance-1/telemetry'
    expect(await run('publish')).toEqual({ status: 'success', message: `published to ${topic}`, topic })
  })

  test('take a command by callback and answer it, which is what the cloud waits for', async () => {
    receiver = start('receiver')
    expect(await run('subscribe')).toMatchObject({ status: 'success' })
    const asking = start('command')
    await receiver.printed('"messageId":"lamp-1"')
    await receiver.printed('"command":"lamp/on"')
    expect(await run('answer')).toMatchObject({ status: 'success' })

    const { exitCode, stdout } = await asking.result
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ messageId: 'lamp-1', status: 'success', level: 7 })
  })

  test('are all run here', () => {
    const named = [...section.matchAll(/<!-- edge: (\w+) -->/g)].map(([, name]) => name)
    expect(named).toEqual(['request', 'publish', 'receiver', 'subscribe', 'command', 'answer'])
    const blocks = [...section.matchAll(/```sh\n(.*?)```/gs)].map(([, block]) => block)
    expect(blocks).toEqual(['npx bridge edge\n', ...named.map((name) => blockAfter(readme, `edge: ${name}`))])
  })
})

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}
