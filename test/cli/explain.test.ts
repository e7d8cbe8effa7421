import { Command } from 'commander'
import { createColors } from 'picocolors'
import { describe, expect, test } from 'vitest'
import { explainCommand } from '../../cli/explain.ts'
import { PROJECT_FOLDER } from '../docs/markdown.ts'
import { CURRENT_KEY, signToken } from '../fixtures/tokens.ts'

const NOBODY_RUNS = ['--state', '/nonexistent']

/** Runs the command in this process; returns what it printed. */
async function explain(...args: string[]): Promise<string> {
  const lines: string[] = []
  const program = new Command('bridge').exitOverride()
  const terminal = {
    isPerson: false,
    colors: createColors(false),
    result: (text: string) => void lines.push(text),
    note: () => {},
  }
  explainCommand(program, terminal, PROJECT_FOLDER)
  await program.parseAsync(['explain', ...args, ...NOBODY_RUNS], { from: 'user' })
  return lines.join('\n')
}

const explainJson = async (...args: string[]) => JSON.parse(await explain(...args, '--json')) as Record<string, unknown>

function tokenOf(claims: Record<string, unknown> = {}): string {
  const nowSeconds = Math.floor(Date.now() / 1_000)
  return signToken(
    { alg: 'HS256', typ: 'JWT', kid: CURRENT_KEY.kid },
    {
      sub: 'observer-1',
      iat: nowSeconds,
      exp: nowSeconds + 300,
      permissions: ['jamey/#', '!jamey/events/errors'],
      ...claims,
    },
  )
}

describe('bridge explain', () => {
  test('prints one decision record', async () => {
    expect(await explainJson('publish', 'jamey/memory/store', '--client-id', 'jamey-instance-1')).toEqual({
      who: 'jamey-instance-1',
      role: 'agent',
      action: 'iot:Publish',
      resource: 'topic/jamey/memory/store',
      decision: 'allowed',
      statement: { document: 0, statement: expect.any(Number) },
      rolePattern: '${root}/#',
      tokenPattern: '${root}/#',
      reason: 'the role and the token both grant it',
    })
  })

  const AGENT = ['--client-id', 'jamey-instance-1']
  test.each<[string[], string]>([
    [['publish', 'jamey/memory/updates', ...AGENT], 'denied'],
    [['publish', 'jamey/events/status', '--retain', ...AGENT], 'denied'],
    [['subscribe', 'jamey/#', ...AGENT], 'allowed'],
    [['subscribe', 'jamey/#', ...AGENT, '--permissions', 'jamey/memory/#'], 'denied'],
    [['receive', 'jamey/responses/jamey-instance-2', ...AGENT], 'denied'],
    [['connect', '--client-id', 'observer-1', '--permissions', 'jamey/memory/store'], 'denied'],
    [['connect', '--client-id', 'x', '--role', 'agent'], 'allowed'],
    [['subscribe', '$share/operators/jamey/events/#', '--client-id', 'operator-1'], 'allowed'],
    [['subscribe', '$share/others/jamey/events/#', '--client-id', 'operator-1'], 'denied'],
    // the patterns take every word behind them, also the question
    [[...AGENT, '--permissions', 'jamey/#', '!jamey/events/errors', 'publish', 'jamey/events/errors'], 'denied'],
    [[...AGENT, '--permissions', 'jamey/#', '!jamey/events/errors', 'subscribe', 'jamey/events/#'], 'allowed'],
    [[...AGENT, '--permissions', 'jamey/#', 'connect'], 'allowed'],
  ])('%j gives %s', async (args, decision) => {
    expect(await explainJson(...args)).toMatchObject({ decision, reason: expect.stringMatching(/./) })
  })

  test('reads a token, and says that nobody was there to verify its signature', async () => {
    const text = await explain('receive', 'jamey/events/errors', '--token', tokenOf())

    expect(text).toMatch(/^denied\n {2}who +observer-1\n {2}role +observer\n/)
    expect(text).toMatch(/ {2}reason +the token: !jamey\/events\/errors denies it\n/)
    expect(text).toMatch(/ {2}expires +\d{4}-.*Z, in \d+ s\n/)
    expect(text).toMatch(/ {2}signature +not verified: the keys could not be read: runtime_not_running\n/)
    expect(text).toMatch(/ {2}permissions +jamey\/# !jamey\/events\/errors$/)
  })

  test('takes an expired token for no connection, and its rights for what they were', async () => {
    const expired = tokenOf({ iat: 1_000, exp: 1_300 })

    expect(await explainJson('connect', '--token', expired)).toMatchObject({
      decision: 'denied',
      reason: expect.stringMatching(/^token_expired: the token expired \d+ s ago$/),
      token: { kid: CURRENT_KEY.kid, issuedAtSeconds: 1_000, expiresAtSeconds: 1_300 },
    })
    expect(await explainJson('receive', 'jamey/events/status', '--token', expired)).toMatchObject({
      decision: 'allowed',
    })
  })

  const NOW = Math.floor(Date.now() / 1_000)
  test.each<[string, Record<string, unknown>, string]>([
    ['from the future', { iat: NOW + 60, exp: NOW + 120 }, 'token_not_yet_valid'],
    ['not valid yet', { nbf: NOW + 60 }, 'token_not_yet_valid'],
    ['that ends before it begins', { iat: NOW, exp: NOW }, 'token_claims_invalid'],
    ['that no deployment lets live so long', { iat: NOW, exp: NOW + 86_401 }, 'token_lifetime_too_long'],
    ['too long', { filler: 'x'.repeat(6_144) }, 'token_too_large'],
  ])('takes a token %s for no connection', async (_, claims, code) => {
    expect(await explainJson('connect', '--token', tokenOf(claims))).toMatchObject({
      decision: 'denied',
      reason: expect.stringMatching(`^${code}: `),
    })
  })

  test('says of a token that record and authorizer were not asked', async () => {
    expect(await explainJson('connect', '--token', tokenOf())).toMatchObject({
      decision: 'allowed',
      record: 'not asked: --live does',
      authorizer: 'not asked: --live does',
    })
  })

  test('refuses the token of another device for everything', async () => {
    for (const question of [['connect'], ['subscribe', 'jamey/events/#']]) {
      const record = await explainJson(...question, '--client-id', 'operator-1', '--token', tokenOf())
      expect(record).toMatchObject({ who: 'operator-1', decision: 'denied' })
      expect(record.reason).toBe('token_subject_mismatch: the token speaks for observer-1')
    }
  })

  test.each<[string[], string]>([
    [['fly', 'x', ...AGENT], 'invalid_argument'],
    [AGENT, 'invalid_argument'],
    [['publish', 'jamey/#', ...AGENT], 'invalid_argument'],
    [['receive', 'jamey/+', ...AGENT], 'invalid_argument'],
    [['subscribe', 'jamey/#/x', ...AGENT], 'invalid_argument'],
    [['subscribe', 'jamey/#', '--retain', ...AGENT], 'invalid_option'],
    [['publish', 'x'], 'missing_option'],
    [['publish', ...AGENT], 'missing_argument'],
    [['publish', 'x', '--client-id', 'nobody'], 'device_unknown'],
    [['publish', 'x', '--token', 'no.token.here'], 'token_malformed'],
    [['publish', 'x', ...AGENT, '--permissions', 'pub:!x'], 'permission_invalid'],
    [['publish', 'x', ...AGENT, '--fleet', 'no-such-file'], 'fleet_invalid'],
  ])('refuses %j with %s', async (args, code) => {
    await expect(explain(...args)).rejects.toMatchObject({ code })
  })
})
