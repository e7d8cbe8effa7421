import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DEFAULT_STAGE, privateReplyTopic } from '#contract/index.ts'
import { writeRuntimeFile } from '../../cli/runtime-file.ts'
import { type Bridge, ROOT, runHere, startBridge, temporaryFolder } from './harness/index.ts'

const folder = temporaryFolder()
const RULES = [{ name: 'tea', description: 'Drink tea', weight: 5, honours: ['tea'], violates: ['coffee'], veto: true }]

let bridge: Bridge
beforeAll(async () => {
  bridge = await startBridge()
  const { mqttUrl, apiUrl, caFile, region, credentials } = bridge.runtime
  const place = { pid: process.pid, endpoints: {}, root: ROOT, stage: DEFAULT_STAGE }
  writeRuntimeFile(folder.path, { ...place, mqttUrl, apiUrl, caFile, region, credentials })
})
afterAll(async () => {
  await bridge?.[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

const rules = (...args: string[]) => runHere(['rules', ...args, '--state', folder.path])
function fileOf(name: string, content: unknown): string {
  const file = join(folder.path, name)
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}

test('without a set, those of the deployment are shown', async () => {
  const { stdout, stderr } = await rules('get')

  expect(JSON.parse(stdout)).toEqual(expect.arrayContaining([expect.objectContaining({ name: 'no-harm' })]))
  expect(stderr).toContain('no rules were set')
})

test.each([
  ['text that is no JSON', 'tea', 'malformed_json', 2],
  ['a rule with a weight of 0', [{ ...RULES[0], weight: 0 }], 'configuration_invalid', 1],
  ['no rules', [], 'configuration_invalid', 1],
])('%s is refused, and nothing changes', async (_, content, code, exitCode) => {
  const result = await rules('set', fileOf('bad.json', content))

  expect(result).toMatchObject({ exitCode, stderr: expect.stringContaining(code) })
  expect((await rules('history', '--json')).stdout).toBe('')
})

test('rules that are set are what the conscience judges by', async () => {
  const set = await rules('set', fileOf('rules.json', RULES), '--note', 'tea first', '--if-version', '0')
  expect(set).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('version 1 is set') })

  await using device = await bridge.connect()
  const question = { action: 'make coffee', context: '' }
  const reply_to = privateReplyTopic(ROOT, device.clientId)
  const { envelope } = await device.request(`${ROOT}/conscience/evaluate`, question, { reply_to })
  expect(envelope.payload).toMatchObject({ approved: false, applied_rules: ['tea'] })
  await bridge.log.functions.take('change', (one) => one.message === 'rules_in_force' && one.version === 1)
})

test('a set that expects another version is refused', async () => {
  expect(await rules('set', fileOf('rules.json', RULES), '--if-version', '0')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('rules_changed'),
  })
})

test('a version of before, and the rules of the deployment, come back as a new version', async () => {
  await rules('set', fileOf('other.json', [{ ...RULES[0], name: 'other' }]))
  await rules('set', '--version', '1')
  await rules('reset', '--note', 'enough')

  const history = (await rules('history', '--json')).stdout.trim().split('\n')
  expect(history.map((line) => JSON.parse(line))).toMatchObject([
    { version: 4, rules: null, note: 'enough' },
    { version: 3, rules: 1, note: null },
    { version: 2, rules: 1 },
    { version: 1, rules: 1, note: 'tea first' },
  ])
  expect(JSON.parse((await rules('get', '--version', '3')).stdout)).toMatchObject([{ name: 'tea' }])
  expect((await rules('get', '--version', '9')).stderr).toContain('rules_not_found')
  expect((await rules('get')).stderr).toContain('version 4: the rules of the deployment')
})

test('a call without a file is a wrong call', async () => {
  expect((await rules('set')).exitCode).toBe(2)
})
