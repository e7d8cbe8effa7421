import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { JsonObject } from '#local/template/index.ts'
import { checkFleet } from '../../cli/check/fleet.ts'
import { runHere } from '../e2e/harness/command-line.ts'
import { PROJECT_FOLDER } from '../lib/project.ts'
import { writeAssembly } from '../local/runtime/set-up.ts'

const FAULTY = {
  Resources: {
    Rule: { Type: 'AWS::IoT::TopicRule', Properties: { RuleName: 'r-1', TopicRulePayload: { Sql: 'x', Actions: [] } } },
    Topic: { Type: 'AWS::SNS::Topic' },
  },
}

test('a template with an error ends with exit code 1, and each problem is a line', async () => {
  const { exitCode, stdout, stderr } = await runHere(['check', '--template', writeAssembly(FAULTY as JsonObject)])

  expect(exitCode).toBe(1)
  expect(stdout.split('\n').map((line) => line.split('\t').slice(0, 3))).toEqual([
    ['error', 'rule_name_invalid', 'Rule AWS::IoT::TopicRule'],
    ['warning', 'unsupported_here', 'Topic AWS::SNS::Topic'],
    [''],
  ])
  expect(stderr).toBe('check_failed: 1 error, 1 warning\n')
})

test('as JSON it has how to mend each', async () => {
  const { stdout } = await runHere(['check', '--json', '--template', writeAssembly(FAULTY as JsonObject)])

  expect(JSON.parse(stdout)).toMatchObject([
    { severity: 'error', code: 'rule_name_invalid', logicalId: 'Rule', mend: expect.stringContaining('underscores') },
    { severity: 'warning', code: 'unsupported_here' },
  ])
})

test('warnings alone are no failure', async () => {
  const template = writeAssembly({ Resources: { Topic: { Type: 'AWS::SNS::Topic' } } } as JsonObject)
  expect(await runHere(['check', '--template', template])).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('0 errors, 1 warning'),
  })
})

test('a folder without assembly is told', async () => {
  expect(await runHere(['check', '--template', '/nowhere'])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('ASSEMBLY_NOT_FOUND'),
  })
})

function fleetFile(fleet: unknown): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-fleet-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'fleet.json')
  writeFileSync(path, JSON.stringify(fleet))
  return { fleetFile: path, root: 'jamey' }
}
const role = { permissions: ['jamey/#'] }

test('the fleet file of this project exceeds nothing', () => {
  expect(checkFleet(PROJECT_FOLDER, {})).toEqual([])
})

test.each([
  [
    'a device with more attributes than a thing has',
    {
      roles: { agent: role },
      devices: [
        {
          clientId: 'lamp',
          role: 'agent',
          attributes: Object.fromEntries(Array.from({ length: 48 }, (_, index) => [`a${index}`, 'x'])),
        },
      ],
    },
    { code: 'quota_exceeded', what: 'device "lamp": 51 of 50 attributes of a thing' },
  ],
  [
    'a role that is not there',
    { roles: { agent: role }, devices: [{ clientId: 'lamp', role: 'x' }] },
    {
      code: 'fleet_invalid',
      what: expect.stringContaining('undefined role'),
    },
  ],
  [
    'a role whose documents have no room for the longest identifiers',
    {
      roles: { agent: { permissions: manyFilters() } },
      devices: [],
    },
    {
      code: 'role_policies_large',
      what: expect.stringMatching(
        /^role "agent" fits into 10 × 2,048 characters for identifiers of up to \d+ characters, of 128$/,
      ),
    },
  ],
])('%s is told', (_, fleet, problem) => {
  expect(checkFleet(PROJECT_FOLDER, fleetFile(fleet))).toMatchObject([problem])
})

test('a fleet file that is not there is told', () => {
  expect(checkFleet(PROJECT_FOLDER, { fleetFile: '/nowhere.json' })).toMatchObject([{ code: 'fleet_invalid' }])
})

/** Enough different shared subscriptions to fill most of the documents. */
function manyFilters(): string[] {
  const shared = (filter: string) =>
    Array.from({ length: 31 }, (_, index) => `$share/workers-of-group-${index}/${filter}`)
  return ['jamey/#', ...shared('jamey/responses/${clientId}'), ...shared('jamey/devices/${clientId}/requests')]
}
