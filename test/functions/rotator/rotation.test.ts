import {
  CancelRotateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { describe, expect, test } from 'vitest'
import { KEY_LIMITS, signingKey } from '#contract/index.ts'
import { createIssuerKeys } from '../../../functions/authorizer/keys/issuer-keys.ts'
import { readIssuerKeys } from '../../../functions/shared/secrets.ts'
import { keptSecret } from '../../../functions/tokens/kept-secret.ts'
import { FIRST_KEY, MAX_LIFETIME_SECONDS, setUp } from './set-up.ts'

const VERSION = 'a'.repeat(36)
const ANNOUNCED_SECONDS = KEY_LIMITS.cachedSeconds + KEY_LIMITS.announcedMarginSeconds
const GRACE_SECONDS = MAX_LIFETIME_SECONDS + KEY_LIMITS.graceMarginSeconds

type World = Awaited<ReturnType<typeof setUp>>

async function rotateNow({ client, arn, secrets, functionArn }: World, versionId = VERSION) {
  await client.send(
    new RotateSecretCommand({ SecretId: arn, ClientRequestToken: versionId, RotationLambdaARN: functionArn }),
  )
  await secrets.rotationsIdle()
}
const describeSecret = ({ client, arn }: World) => client.send(new DescribeSecretCommand({ SecretId: arn }))

describe('a rotation', () => {
  test('runs the four steps, and the new key signs once every verifier knows it', async () => {
    const world = await setUp()
    await rotateNow(world)
    const inUse = await readIssuerKeys(world.client, world.arn)
    const signer = () => signingKey(inUse, world.nowSeconds())?.kid

    expect(world.events).toEqual(['createSecret', 'setSecret', 'testSecret', 'finishSecret'])
    expect(world.failures).toEqual([])
    expect(inUse).toEqual([
      {
        kid: expect.stringMatching(/^issuer-[0-9a-f]{12}$/),
        secret: expect.stringMatching(/^[\w-]{64}$/),
        signs_from_seconds: world.nowSeconds() + ANNOUNCED_SECONDS,
      },
      FIRST_KEY,
    ])
    expect(signer()).toBe(FIRST_KEY.kid)
    world.passSeconds(ANNOUNCED_SECONDS)
    expect(signer()).toBe(inUse[0]?.kid)
  })

  test('never makes a verifier refuse what an issuer signs, second by second, and ends the old key', async () => {
    const world = await setUp()
    let reads = 0
    const verifier = createIssuerKeys(
      () => {
        reads += 1
        return readIssuerKeys(world.client, world.arn)
      },
      { graceSeconds: GRACE_SECONDS, nowMs: () => world.nowSeconds() * 1_000 },
    )
    await verifier.find(FIRST_KEY.kid)
    world.passSeconds(7)
    await rotateNow(world)
    const inUse = await readIssuerKeys(world.client, world.arn)
    const signedLast = new Map<string, number>()
    for (let second = 0; second < 2 * ANNOUNCED_SECONDS + GRACE_SECONDS; second += 1) {
      world.passSeconds(1)
      await verifier.find(`made-up-${second}`)
      const kid = signingKey(inUse, world.nowSeconds())?.kid ?? ''
      signedLast.set(kid, world.nowSeconds())
      // what was signed within a lifetime is taken; so each key from its first token to the end of its last
      for (const [issued, atSeconds] of signedLast) {
        if (world.nowSeconds() - atSeconds <= MAX_LIFETIME_SECONDS) expect(await verifier.find(issued)).toBeDefined()
      }
    }
    expect(await verifier.find(FIRST_KEY.kid)).toBeUndefined()
    expect([...signedLast.keys()]).toEqual([FIRST_KEY.kid, inUse[0]?.kid])
    expect(reads).toBeLessThanOrEqual(1 + Math.ceil((2 * ANNOUNCED_SECONDS + GRACE_SECONDS) / KEY_LIMITS.cachedSeconds))
  })

  test('may be repeated step by step', async () => {
    const world = await setUp()
    await rotateNow(world)
    const before = await readIssuerKeys(world.client, world.arn)
    for (const Step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret']) {
      await world.rotate({ Step, SecretId: world.arn, ClientRequestToken: VERSION })
    }
    expect(await readIssuerKeys(world.client, world.arn)).toEqual(before)
  })

  test('keeps the key of a first step that is repeated', async () => {
    const world = await setUp()
    const create = { Step: 'createSecret', SecretId: world.arn, ClientRequestToken: VERSION }
    await world.client.send(
      new PutSecretValueCommand({
        SecretId: world.arn,
        ClientRequestToken: VERSION,
        SecretString: JSON.stringify({ ...FIRST_KEY, kid: 'pending', signs_from_seconds: world.nowSeconds() + 1 }),
        VersionStages: ['AWSPENDING'],
      }),
    )
    await world.rotate(create)
    const { SecretString } = await world.client.send(
      new GetSecretValueCommand({ SecretId: world.arn, VersionStage: 'AWSPENDING' }),
    )
    expect(JSON.parse(SecretString ?? '')).toMatchObject({ kid: 'pending' })
  })

  test('is refused while tokens of the key before may be in use', async () => {
    const world = await setUp()
    await rotateNow(world)
    world.passSeconds(ANNOUNCED_SECONDS + GRACE_SECONDS - 1)
    await rotateNow(world, 'b'.repeat(36))

    expect(world.failures).toMatchObject([
      { event: 'rotation_failed', step: 'createSecret', error: 'rotation_too_early' },
    ])
    expect(world.observer.lines.at(-1)).toMatchObject({
      level: 'error',
      event: 'rotation_failed',
      fields: { code: 'rotation_too_early', reason: 'the key before is still in use; rotate again in 1 s' },
    })
    expect(world.observer.counts.SystemFaults).toBe(1)
    expect(world.observer.dimensions.SystemFaults).toEqual([{ code: 'rotation_too_early' }])
    world.passSeconds(1)
    await world.client.send(
      new UpdateSecretVersionStageCommand({
        SecretId: world.arn,
        VersionStage: 'AWSPENDING',
        RemoveFromVersionId: 'b'.repeat(36),
      }),
    )
    await rotateNow(world, 'c'.repeat(36))
    expect(Object.keys((await describeSecret(world)).VersionIdsToStages ?? {})).toContain('c'.repeat(36))
    expect(await readIssuerKeys(world.client, world.arn)).toHaveLength(2)
  })

  test('that ends late never makes a verifier refuse what an issuer signs, which read the secret just before; later it is given up', async () => {
    for (const lateSeconds of [0, 30, 60, 61, ANNOUNCED_SECONDS - 1, ANNOUNCED_SECONDS]) {
      const world = await setUp()
      const issuer = keptSecret(
        'the issuer secret',
        () => readIssuerKeys(world.client, world.arn),
        () => world.nowSeconds() * 1_000,
      )
      const verifier = createIssuerKeys(() => readIssuerKeys(world.client, world.arn), {
        graceSeconds: GRACE_SECONDS,
        nowMs: () => world.nowSeconds() * 1_000,
      })
      let lastKeys = issuer()
      world.onStep((step) => {
        if (step !== 'finishSecret') return
        world.passSeconds(lateSeconds)
        lastKeys = issuer()
      })
      await rotateNow(world)
      const taken = new Map<string, number>()
      for (let second = 0; second < 2 * ANNOUNCED_SECONDS + GRACE_SECONDS; second += 5) {
        taken.set(signingKey(await lastKeys, world.nowSeconds())?.kid ?? '', world.nowSeconds())
        for (const [kid, atSeconds] of taken) {
          const isAlive = world.nowSeconds() - atSeconds <= MAX_LIFETIME_SECONDS
          if (isAlive) expect([lateSeconds, kid, await verifier.find(kid)]).not.toContain(undefined)
        }
        world.passSeconds(5)
        lastKeys = issuer()
      }
      expect(world.failures).toHaveLength(lateSeconds > KEY_LIMITS.announcedMarginSeconds ? 1 : 0)
    }
  })

  test('that was given up for being late leaves nothing behind, and the next one begins', async () => {
    const world = await setUp()
    world.onStep((step) => {
      if (step === 'finishSecret') world.passSeconds(ANNOUNCED_SECONDS)
    })
    await rotateNow(world)

    expect(world.failures).toMatchObject([{ step: 'finishSecret', error: 'rotation_invalid' }])
    expect(await readIssuerKeys(world.client, world.arn)).toEqual([FIRST_KEY])
    world.onStep(() => undefined)
    await rotateNow(world, 'b'.repeat(36))
    expect(await readIssuerKeys(world.client, world.arn)).toHaveLength(2)
  })

  test.each([
    ['another secret', { SecretId: 'other' }, 'names another secret'],
    ['another step', { Step: 'dropSecret' }, 'none of Secrets Manager'],
    ['no version', { ClientRequestToken: undefined }, 'none of Secrets Manager'],
    ['a version that is not pending', { ClientRequestToken: 'c'.repeat(36) }, 'not labelled AWSPENDING'],
  ])('refuses an event of %s', async (_, change, problem) => {
    const world = await setUp()
    const event = { Step: 'createSecret', SecretId: world.arn, ClientRequestToken: VERSION, ...change }

    await expect(world.rotate(event)).rejects.toMatchObject({
      code: 'rotation_invalid',
      message: expect.stringContaining(problem),
    })
  })

  test('of a secret that is no key is refused, and its text is in no log', async () => {
    const world = await setUp('a text of a password')
    await rotateNow(world)

    expect(world.failures).toMatchObject([{ step: 'createSecret', error: 'rotation_invalid' }])
    expect(world.observer.text()).not.toContain('password')
  })

  test('leaves no key in the log', async () => {
    const world = await setUp()
    await rotateNow(world)
    const inUse = await readIssuerKeys(world.client, world.arn)

    expect(world.observer.lines.map(({ event }) => event)).toEqual(['issuer_key_created', 'issuer_key_announced'])
    for (const { secret } of inUse) expect(world.observer.text()).not.toContain(secret)
  })
})

describe('RotateSecret of the local runtime', () => {
  test('answers at once with the version, which has no value before its function has made one', async () => {
    const world = await setUp()
    const { client, arn, functionArn } = world
    const rotated = await client.send(
      new RotateSecretCommand({
        SecretId: arn,
        ClientRequestToken: VERSION,
        RotationLambdaARN: functionArn,
        RotationRules: { AutomaticallyAfterDays: 30 },
      }),
    )
    expect(rotated).toMatchObject({ ARN: arn, Name: 'issuer', VersionId: VERSION })
    await world.secrets.rotationsIdle()

    expect(await describeSecret(world)).toMatchObject({
      RotationEnabled: true,
      RotationLambdaARN: functionArn,
      RotationRules: { AutomaticallyAfterDays: 30 },
      LastRotatedDate: new Date(world.nowSeconds() * 1_000),
      NextRotationDate: new Date((world.nowSeconds() + 30 * 86_400) * 1_000),
      VersionIdsToStages: { [VERSION]: ['AWSCURRENT', 'AWSPENDING'] },
    })
  })

  test('refuses another rotation while one is unfinished', async () => {
    const world = await setUp('no key')
    await rotateNow(world)

    await expect(rotateNow(world, 'b'.repeat(36))).rejects.toMatchObject({ name: 'InvalidRequestException' })
    await expect(
      world.client.send(new GetSecretValueCommand({ SecretId: world.arn, VersionId: VERSION })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  })

  test('refuses a secret without function, and a function without permission', async () => {
    const world = await setUp()

    await expect(world.client.send(new RotateSecretCommand({ SecretId: world.arn }))).rejects.toMatchObject({
      name: 'InvalidRequestException',
      message: 'No Lambda rotation function ARN is associated with this secret.',
    })
    world.forbidInvoking()
    await expect(rotateNow(world)).rejects.toMatchObject({ name: 'AccessDeniedException' })
  })

  test.each([
    [{ AutomaticallyAfterDays: 0 }, 'AutomaticallyAfterDays must be 1 to 1000.'],
    [{ ScheduleExpression: 'cron(0 8 1 * ? *)' }, 'rate(… days)'],
  ])('refuses the rules %j', async (RotationRules, message) => {
    const { client, arn, functionArn } = await setUp()
    const command = new RotateSecretCommand({ SecretId: arn, RotationLambdaARN: functionArn, RotationRules })

    await expect(client.send(command)).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: expect.stringContaining(message),
    })
  })

  test('rotates by schedule, and no more once that is cancelled', async () => {
    const world = await setUp()
    const { secrets, client, arn } = world
    expect(secrets.scheduleRotation(arn, world.functionArn, { ScheduleExpression: 'rate(10 days)' })).toBe(true)
    const pass = async (days: number) => {
      world.passSeconds(days * 86_400)
      secrets.rotateDue()
      await secrets.rotationsIdle()
      return world.events.length / 4
    }
    expect(await pass(9)).toBe(0)
    expect(await pass(1)).toBe(1)
    // a deployment that changes nothing does not put it off
    expect(secrets.scheduleRotation(arn, world.functionArn, { ScheduleExpression: 'rate(10 days)' })).toBe(false)
    expect(await pass(10)).toBe(2)
    await client.send(new CancelRotateSecretCommand({ SecretId: arn }))
    expect(await pass(10)).toBe(2)
    expect((await describeSecret(world)).RotationEnabled).toBeUndefined()
  })
})
