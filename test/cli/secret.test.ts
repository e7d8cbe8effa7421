import { ListSecretVersionIdsCommand, RotateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { Command } from 'commander'
import { createColors } from 'picocolors'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { DEFAULT_STAGE, deploymentNames, KEY_LIMITS } from '#contract/index.ts'
import { secretCommand } from '../../cli/secret.ts'
import { createIssuerKeys } from '../../functions/authorizer/keys/issuer-keys.ts'
import { readIssuerKeys } from '../../functions/shared/secrets.ts'
import { FIRST_KEY, MAX_LIFETIME_SECONDS, STARTED_AT_MS, setUp } from '../functions/rotator/set-up.ts'

const GRACE_SECONDS = MAX_LIFETIME_SECONDS + KEY_LIMITS.graceMarginSeconds
const ANNOUNCED_SECONDS = KEY_LIMITS.cachedSeconds + KEY_LIMITS.announcedMarginSeconds

type World = Awaited<ReturnType<typeof open>>

/** Secrets and rotator of the tests, as the deployment that the command finds by the environment. */
async function open(firstValue?: unknown) {
  const world = await setUp(firstValue, deploymentNames(DEFAULT_STAGE).issuerSecret)
  vi.stubEnv('AWS_ENDPOINT_URL', world.endpoint)
  vi.stubEnv('AWS_REGION', 'us-east-1')
  vi.stubEnv('AWS_ACCESS_KEY_ID', world.credentials.accessKeyId)
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', world.credentials.secretAccessKey)
  vi.stubEnv('AWS_SESSION_TOKEN', world.credentials.sessionToken)
  world.secrets.scheduleRotation(world.arn, world.functionArn, { AutomaticallyAfterDays: 30 })
  const pass = (seconds: number) => {
    world.passSeconds(seconds)
    vi.setSystemTime(world.nowSeconds() * 1_000)
  }
  return { ...world, pass }
}

/** Runs the command in this process; returns what it printed. */
async function rotate(...args: string[]): Promise<Record<string, unknown>> {
  const lines: string[] = []
  const program = new Command('bridge').exitOverride()
  secretCommand(program, {
    isPerson: false,
    colors: createColors(false),
    result: (text: string) => void lines.push(text),
    note: () => {},
  })
  await program.parseAsync(['secret', 'rotate', '--aws', ...args], { from: 'user' })
  return JSON.parse(lines.join('\n')) as Record<string, unknown>
}

/** A verifier that has read nothing yet, now. */
function verifier({ client, arn, nowSeconds }: World) {
  return createIssuerKeys(() => readIssuerKeys(client, arn), {
    graceSeconds: GRACE_SECONDS,
    nowMs: () => nowSeconds() * 1_000,
  })
}

async function labels({ client, arn }: World): Promise<string[][]> {
  const { Versions = [] } = await client.send(new ListSecretVersionIdsCommand({ SecretId: arn }))
  return Versions.map(({ VersionStages = [] }) => VersionStages).sort()
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: STARTED_AT_MS })
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllEnvs()
})

describe('bridge secret rotate', () => {
  test('has the rotator bring in a key that signs later', async () => {
    const world = await open()

    expect(await rotate()).toEqual({
      kid: expect.stringMatching(/^issuer-[0-9a-f]{12}$/),
      signs_from: new Date(STARTED_AT_MS + ANNOUNCED_SECONDS * 1_000).toISOString(),
      previous_kid: FIRST_KEY.kid,
      accepts_previous: true,
    })
    expect(await labels(world)).toEqual([['AWSCURRENT', 'AWSPENDING'], ['AWSPREVIOUS']])
  })

  test('waits for nobody who has stopped, but leaves a rotation alone that may be at work', async () => {
    const world = await open()
    world.onStep((step) => {
      if (step === 'createSecret') throw new Error('the function is gone')
    })
    await world.client.send(new RotateSecretCommand({ SecretId: world.arn }))
    await world.secrets.rotationsIdle()
    world.onStep(() => undefined)
    world.pass(59)

    await expect(rotate()).rejects.toMatchObject({ code: 'rotation_in_progress', exitCode: 1 })
    world.pass(1)
    expect(await rotate()).toMatchObject({ previous_kid: FIRST_KEY.kid })
  })

  test('with --force gives up the rotation that is at work', async () => {
    const world = await open()
    world.onStep((step) => {
      if (step === 'testSecret') throw new Error('the function is gone')
    })
    await world.client.send(new RotateSecretCommand({ SecretId: world.arn }))
    await world.secrets.rotationsIdle()
    world.onStep(() => undefined)

    await expect(rotate()).rejects.toMatchObject({ code: 'rotation_in_progress' })
    expect(await rotate('--force')).toMatchObject({ previous_kid: FIRST_KEY.kid })
  })
})

describe('bridge secret rotate --compromised', () => {
  test('after a rotation ends the stolen key for ever, and rotations go on', async () => {
    const world = await open()
    const { kid: stolen } = await rotate()
    world.pass(ANNOUNCED_SECONDS + GRACE_SECONDS)
    expect(await verifier(world).find(String(stolen))).toBeDefined()

    const { kid } = await rotate('--compromised')

    expect(await labels(world)).toEqual([['AWSCURRENT'], ['AWSPREVIOUS']])
    expect(await verifier(world).find(String(stolen))).toBeUndefined()
    expect(await verifier(world).find(String(kid))).toBeDefined()
    // by schedule, as Secrets Manager does it
    world.pass(30 * 86_400)
    world.secrets.rotateDue()
    await world.secrets.rotationsIdle()
    expect(world.failures).toEqual([])
    expect((await readIssuerKeys(world.client, world.arn)).map((key) => key.kid)).toEqual([expect.any(String), kid])
  })

  test('while an announced key waits takes neither that nor the one before', async () => {
    const world = await open()
    const { kid: announced } = await rotate()
    world.pass(100)
    const { kid } = await rotate('--compromised')

    for (const seconds of [0, ANNOUNCED_SECONDS, GRACE_SECONDS, 86_400]) {
      world.pass(seconds)
      const keys = verifier(world)
      expect(await keys.find(String(announced))).toBeUndefined()
      expect(await keys.find(FIRST_KEY.kid)).toBeUndefined()
      expect(await keys.find(String(kid))).toBeDefined()
      expect((await keys.find(undefined))?.key).toEqual((await keys.find(String(kid)))?.key)
    }
  })

  test('in the middle of a rotation ends it: what it has made is no key either', async () => {
    const world = await open()
    world.onStep((step) => {
      if (step === 'testSecret') throw new Error('the function is gone')
    })
    await world.client.send(new RotateSecretCommand({ SecretId: world.arn }))
    await world.secrets.rotationsIdle()

    await rotate('--compromised')

    expect(await labels(world)).toEqual([['AWSCURRENT'], ['AWSPREVIOUS']])
  })
})
