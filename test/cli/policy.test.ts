import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createLineAnswerer } from '../../cli/policy/answer.ts'

const POLICY = {
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'Speak',
      Effect: 'Allow',
      Action: 'iot:Publish',
      Resource: 'arn:aws:iot:eu-west-1:42:topic/${iot:ClientId}/*',
    },
    {
      Effect: 'Deny',
      Action: 'iot:*',
      Resource: '*',
      Condition: { Bool: { 'iot:Connection.Thing.IsAttached': 'false' } },
    },
  ],
}
const REQUEST = { action: 'Publish', resource: 'topic/lamp/a' }
const NESTED = '['.repeat(20_000) + ']'.repeat(20_000)
const THING = { name: 'lamp', isAttached: true }

function answer(value: object | string, lineNumber = 1) {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const { isError, line } = createLineAnswerer()(text, lineNumber)
  return { isError, ...JSON.parse(line) }
}

function ask(request: { action: string; resource: string }, context?: object, more: object = { policy: POLICY }) {
  return answer({ id: 'x', context, request, ...more })
}

function bridge(args: string[], input = '') {
  return spawnSync(process.execPath, ['bin/bridge.ts', 'policy', ...args], { input, encoding: 'utf8' })
}

describe('a case', () => {
  test('is answered with verdict, decision and statement', () => {
    const request = { action: 'iot:Publish', resource: 'arn:aws:iot:eu-west-1:42:topic/lamp/a' }

    expect(ask(request, { clientId: 'lamp', thing: THING })).toEqual({
      isError: false,
      id: 'x',
      expected: 'allowed',
      decision: 'allowed',
      statement: { document: 0, index: 0, sid: 'Speak' },
    })
    expect(ask(request, { clientId: 'lamp' })).toMatchObject({
      expected: 'denied',
      decision: 'explicitDeny',
      statement: { document: 0, index: 1 },
    })
    const denied = ask({ ...request, action: 'iot:Connect' }, { clientId: 'lamp', thing: THING })
    expect(denied).toEqual({ isError: false, id: 'x', expected: 'denied', decision: 'implicitDeny' })
  })

  test.each([null, 0, '', { a: [1] }, [7]])('may be named by anything: %j', (id) => {
    expect(answer({ id, policy: POLICY, request: REQUEST, context: { clientId: 'lamp', thing: THING } })).toMatchObject(
      {
        id,
        decision: 'allowed',
      },
    )
  })

  test('may name action and resource by their ends; region and account are the policy’s', () => {
    const context = { clientId: 'lamp', thing: THING }

    expect(ask({ action: 'Publish', resource: 'topic/lamp/a' }, context).decision).toBe('allowed')
    expect(ask({ action: 'publish', resource: 'topic/lamp' }, context).decision).toBe('implicitDeny')
  })

  test('may have its policies as texts, as a list, and its thing as a name', () => {
    const request = { action: 'Publish', resource: 'topic/lamp/a' }
    const context = { clientId: 'lamp', thing: 'lamp', certificate: null, sourceIp: null }
    const nothing = { Version: '2012-10-17', Statement: [] }

    expect(ask(request, context, { policy: JSON.stringify(POLICY) }).decision).toBe('allowed')
    expect(ask(request, context, { policies: [nothing, JSON.stringify(POLICY)] }).statement.document).toBe(1)
    expect(ask(request, context, { policy: [nothing, POLICY] }).statement.document).toBe(1)
  })

  test.each([
    ['a flag as text', { thing: { name: 'lamp', isAttached: 'true' } }, 'allowed'],
    ['no thing, written out', { thing: { name: null, isAttached: null } }, 'explicitDeny'],
    ['an authentication by another name', { thing: THING, authentication: 'x509Certificate' }, 'allowed'],
    ['an authorizer, which knows no things', { thing: THING, authentication: 'custom-authorizer' }, 'allowed'],
  ])('may have %s', (_, context, decision) => {
    expect(ask({ action: 'Publish', resource: 'topic/lamp/a' }, { clientId: 'lamp', ...context }).decision).toBe(
      decision,
    )
  })

  test('may have its certificate flat, its documents wrapped, its Cognito identity by name', () => {
    const Statement = {
      Effect: 'Allow',
      Action: 'iot:Publish',
      Resource: 'arn:aws:iot:eu-west-1:42:topic/${cognito-identity.amazonaws.com:sub}',
      Condition: { 'ForAnyValue:StringEquals': { 'iot:Certificate.Subject.CommonName.List': 'b' } },
    }
    const policies = [{ policyName: 'one', policyDocument: { Version: '2012-10-17', Statement } }]
    const context = { certificate: { 'Subject.CommonName.List': ['a', 'b'] }, cognitoIdentityId: 'me' }

    expect(ask({ action: 'Publish', resource: 'topic/me' }, context, { policies }).decision).toBe('allowed')
  })

  test.each([
    ['no JSON', '{"id":1', 'not_json', null],
    ['what is nested too deep', `{"id":7,"policy":${NESTED}}`, 'case_malformed', 7],
    ['a document nested too deep', { id: 7, policy: NESTED, request: { action: 'a', resource: 'b' } }, 'MALFORMED', 7],
    ['both policy and policies', { id: 7, policy: POLICY, policies: [], request: REQUEST }, 'case_malformed', 7],
    ['no request', { id: 7, policy: POLICY }, 'case_malformed', 7],
    ['no policy', { id: 7, request: { action: 'a', resource: 'b' } }, 'case_malformed', 7],
    [
      'an unknown authentication',
      { id: 7, policy: POLICY, request: { action: 'a', resource: 'b' }, context: { authentication: 'magic' } },
      'case_malformed',
      7,
    ],
    ['a list', '[]', 'case_malformed', null],
    [
      'a document that is none',
      { id: 7, policy: { Statement: [{ Effect: 'Maybe' }] }, request: { action: 'a', resource: 'b' } },
      'MALFORMED',
      7,
    ],
  ])('with %s is answered with an error', (_, value, code, id) => {
    expect(answer(value, 12)).toEqual({
      isError: true,
      id,
      line: 12,
      error: { code, message: expect.stringMatching(/./) },
    })
  })
})

describe('bridge policy', () => {
  test('--batch answers each line in order and goes on after a bad one', () => {
    const request = { action: 'Publish', resource: 'topic/lamp/a' }
    const line = (id: number) =>
      JSON.stringify({ id, policy: POLICY, request, context: { clientId: 'lamp', thing: 'lamp' } })

    const { stdout, stderr, status } = bridge(['--batch'], `${line(1)}\r\nnonsense\n\n${line(2)}`)

    const answers = stdout
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text))
    expect(answers.map(({ id, expected, error }) => [id, expected ?? error.code])).toEqual([
      [1, 'allowed'],
      [null, 'not_json'],
      [2, 'allowed'],
    ])
    expect({ stderr, status }).toEqual({ stderr: 'cases_failed: 1 lines could not be answered\n', status: 1 })
  })

  test('tells which statement of which file decides', () => {
    const folder = mkdtempSync(join(tmpdir(), 'bridge-policy-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'policy.json')
    writeFileSync(file, JSON.stringify(POLICY))
    const question = ['--policy-file', file, '--action', 'Publish', '--resource', 'topic/lamp/a', '--client-id', 'lamp']

    const { stdout, status } = bridge([...question, '--context', '{"thing":"lamp"}'])

    expect(stdout).toMatch(/^allowed\n/)
    expect(stdout).toContain(`document   ${file}\n  statement  0 (Speak)`)
    expect(status).toBe(0)
  })

  test('is called wrongly without a policy', () => {
    const { stderr, status } = bridge(['--action', 'Publish', '--resource', 'topic/a'])

    expect({ code: stderr.split(':')[0], status }).toEqual({ code: 'missing_option', status: 2 })
  })
})
