import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createApiServer } from '#local/aws-api/index.ts'
import { createIam } from '#local/iam/index.ts'
import { createSecrets, type Secrets, secretsService } from '#local/secrets/index.ts'

function memory(): Secrets {
  return createSecrets({ db: new DatabaseSync(':memory:'), clock: { nowMs: () => 1_700_000_000_500 } })
}

function generated(properties: Record<string, unknown>): string {
  const secrets = memory()
  secrets.createSecret({ GenerateSecretString: properties }, 'S')
  return String(secrets.handle('GetSecretValue', { SecretId: 'S' }).SecretString)
}

async function serve(secrets: Secrets, statement?: unknown): Promise<SecretsManagerClient> {
  const iam = createIam()
  const arn = 'arn:aws:iam::000000000000:role/R'
  const PolicyDocument = { Version: '2012-10-17', Statement: statement ?? [] }
  const assumeRolePolicy = { Version: '2012-10-17', Statement: [] }
  iam.defineRole({
    roleName: 'R',
    arn,
    managedPolicyArns: [],
    inlinePolicies: [{ PolicyName: 'P', PolicyDocument }],
    assumeRolePolicy,
  })
  const server = await createApiServer({
    services: { secretsmanager: secretsService(secrets) },
    identify: iam.identify,
    authorize: iam.authorize,
    log() {},
  })
  const credentials = statement === undefined ? iam.developerCredentials : iam.credentialsFor(arn)
  const client = new SecretsManagerClient({ endpoint: server.url, region: 'us-east-1', credentials, maxAttempts: 1 })
  onTestFinished(async () => {
    client.destroy()
    await server.close()
  })
  return client
}

describe('secrets of a template', () => {
  test('get an ARN with a random suffix of six characters', () => {
    const { arn, created } = memory().createSecret({ SecretString: 'x' }, 'bridge/issuer')

    expect(arn).toMatch(/^arn:aws:secretsmanager:us-east-1:000000000000:secret:bridge\/issuer-[A-Za-z0-9]{6}$/)
    expect(created).toBe(true)
  })

  test('keep ARN and generated value over a restart', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'secrets-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const open = () => {
      const db = new DatabaseSync(path.join(folder, 'state.db'))
      const secrets = createSecrets({ db })
      const { arn } = secrets.createSecret({ GenerateSecretString: { PasswordLength: 40 } }, 'S')
      const value = secrets.handle('GetSecretValue', { SecretId: arn }).SecretString
      db.close()
      return { arn, value }
    }

    expect(open()).toEqual(open())
  })

  test('keep a value that was put, until the template itself changes', () => {
    const secrets = memory()
    const read = () => secrets.handle('GetSecretValue', { SecretId: 'S' }).SecretString
    secrets.createSecret({ SecretString: 'first' }, 'S')
    secrets.handle('PutSecretValue', { SecretId: 'S', SecretString: 'rotated' })

    expect(secrets.createSecret({ SecretString: 'first' }, 'S').created).toBe(false)
    expect(read()).toBe('rotated')
    secrets.createSecret({ SecretString: 'second' }, 'S')
    expect(read()).toBe('second')
  })

  test.each([
    [{ SecretString: 'a', GenerateSecretString: {} }, 'got both'],
    [{ Name: 'no spaces', SecretString: 'a' }, 'Name: expected'],
    [{ GenerateSecretString: { PasswordLength: 0 } }, 'PasswordLength: expected 1 to 4096, got 0'],
    [
      { GenerateSecretString: { PasswordLength: 3 } },
      'PasswordLength: expected at least 4, one of each character type, got 3',
    ],
    [{ GenerateSecretString: { SecretStringTemplate: '{}' } }, 'expected both or neither'],
    [{ GenerateSecretString: { SecretStringTemplate: '[1]', GenerateStringKey: 'k' } }, 'the text of a JSON object'],
    [
      {
        GenerateSecretString: {
          ExcludeLowercase: true,
          ExcludeUppercase: true,
          ExcludeNumbers: true,
          ExcludePunctuation: true,
        },
      },
      'at least one character',
    ],
  ])('refuse %o', (properties, message) => {
    expect(() => memory().createSecret(properties, 'S')).toThrow(message)
    expect(() => memory().createSecret(properties, 'S')).toThrow(
      expect.objectContaining({ code: 'SECRET_PROPERTIES_INVALID' }),
    )
  })
})

describe('generated secrets', () => {
  test('are 32 characters with every type by default', () => {
    const value = generated({})

    expect(value).toHaveLength(32)
    for (const type of [/[a-z]/, /[A-Z]/, /[0-9]/, /[^a-zA-Z0-9]/]) expect(value).toMatch(type)
    expect(generated({})).not.toBe(value)
  })

  test('go into the template under the key', () => {
    const value = generated({
      SecretStringTemplate: '{"user":"admin"}',
      GenerateStringKey: 'password',
      ExcludePunctuation: true,
    })

    expect(JSON.parse(value)).toEqual({ user: 'admin', password: expect.stringMatching(/^[a-zA-Z0-9]{32}$/) })
  })

  test('obey every exclusion and hold every included type', () => {
    const options = fc.record(
      {
        PasswordLength: fc.integer({ min: 5, max: 60 }),
        ExcludeUppercase: fc.boolean(),
        ExcludeNumbers: fc.boolean(),
        ExcludePunctuation: fc.boolean(),
        IncludeSpace: fc.boolean(),
        ExcludeCharacters: fc.constantFrom('', 'abc', '0Oo1l', '"@/\\'),
      },
      { requiredKeys: ['PasswordLength'] },
    )
    fc.assert(
      fc.property(options, (given) => {
        const value = generated(given)
        expect(value).toHaveLength(given.PasswordLength)
        for (const character of given.ExcludeCharacters ?? '') expect(value).not.toContain(character)
        expect(/[A-Z]/.test(value)).toBe(given.ExcludeUppercase !== true)
        expect(/[0-9]/.test(value)).toBe(given.ExcludeNumbers !== true)
        expect(/[!-/:-@[-`{-~]/.test(value)).toBe(given.ExcludePunctuation !== true)
        expect(value.includes(' ')).toBe(given.IncludeSpace === true)
      }),
      { numRuns: 100 },
    )
  })
})

describe('through the AWS SDK', () => {
  const setUp = async () => {
    const secrets = memory()
    const { arn } = secrets.createSecret({ SecretString: 'v1', Description: 'Signs tokens' }, 'issuer')
    return { arn, client: await serve(secrets) }
  }

  test('reads by name, ARN and ARN without suffix', async () => {
    const { arn, client } = await setUp()

    for (const SecretId of ['issuer', arn, arn.slice(0, -7)]) {
      const value = await client.send(new GetSecretValueCommand({ SecretId }))
      expect(value).toMatchObject({ ARN: arn, Name: 'issuer', SecretString: 'v1', VersionStages: ['AWSCURRENT'] })
      expect(value.CreatedDate).toEqual(new Date(1_700_000_000_500))
    }
  })

  test('moves AWSCURRENT to what is put and leaves AWSPREVIOUS behind', async () => {
    const { client } = await setUp()
    await client.send(new PutSecretValueCommand({ SecretId: 'issuer', SecretString: 'v2' }))
    const put = await client.send(new PutSecretValueCommand({ SecretId: 'issuer', SecretBinary: Buffer.from('v3') }))

    const current = await client.send(new GetSecretValueCommand({ SecretId: 'issuer' }))
    const previous = await client.send(new GetSecretValueCommand({ SecretId: 'issuer', VersionStage: 'AWSPREVIOUS' }))
    expect(Buffer.from(current.SecretBinary ?? []).toString()).toBe('v3')
    expect(current.VersionId).toBe(put.VersionId)
    expect(previous.SecretString).toBe('v2')
    const described = await client.send(new DescribeSecretCommand({ SecretId: 'issuer' }))
    expect(Object.values(described.VersionIdsToStages ?? {}).sort()).toEqual([['AWSCURRENT'], ['AWSPREVIOUS']])
  })

  test('lists the versions with their labels and when they were made', async () => {
    const secrets = memory()
    secrets.createSecret({ SecretString: 'one' }, 'issuer')
    const client = await serve(secrets)
    const { VersionId } = await client.send(new PutSecretValueCommand({ SecretId: 'issuer', SecretString: 'two' }))

    const { Name, Versions } = await client.send(new ListSecretVersionIdsCommand({ SecretId: 'issuer' }))

    const CreatedDate = new Date(1_700_000_000_500)
    expect([Name, Versions]).toEqual([
      'issuer',
      [
        { VersionId: expect.any(String), VersionStages: ['AWSPREVIOUS'], CreatedDate },
        { VersionId, VersionStages: ['AWSCURRENT'], CreatedDate },
      ],
    ])
  })

  test('promotes AWSPENDING', async () => {
    const { client } = await setUp()
    const before = await client.send(new GetSecretValueCommand({ SecretId: 'issuer' }))
    const { VersionId } = await client.send(
      new PutSecretValueCommand({ SecretId: 'issuer', SecretString: 'v2', VersionStages: ['AWSPENDING'] }),
    )
    expect(await client.send(new GetSecretValueCommand({ SecretId: 'issuer' }))).toMatchObject({ SecretString: 'v1' })
    expect(await client.send(new GetSecretValueCommand({ SecretId: 'issuer', VersionId }))).toMatchObject({
      SecretString: 'v2',
    })

    const move = { SecretId: 'issuer', VersionStage: 'AWSCURRENT', MoveToVersionId: VersionId }
    await expect(client.send(new UpdateSecretVersionStageCommand(move))).rejects.toMatchObject({
      name: 'InvalidParameterException',
    })
    await client.send(new UpdateSecretVersionStageCommand({ ...move, RemoveFromVersionId: before.VersionId }))

    const current = await client.send(new GetSecretValueCommand({ SecretId: 'issuer' }))
    expect(current).toMatchObject({ SecretString: 'v2', VersionStages: ['AWSCURRENT', 'AWSPENDING'] })
  })

  test('treats a repeated put as done and refuses its token for another value', async () => {
    const { client } = await setUp()
    const put = { SecretId: 'issuer', SecretString: 'v2', ClientRequestToken: 'a'.repeat(32) }
    await client.send(new PutSecretValueCommand(put))

    await expect(client.send(new PutSecretValueCommand(put))).resolves.toMatchObject({
      VersionId: put.ClientRequestToken,
    })
    await expect(client.send(new PutSecretValueCommand({ ...put, SecretString: 'v3' }))).rejects.toMatchObject({
      name: 'ResourceExistsException',
    })
  })

  test.each([
    [{ SecretId: 'nobody' }, 'ResourceNotFoundException', "Secrets Manager can't find the specified secret."],
    [
      { SecretId: 'issuer', VersionStage: 'AWSPREVIOUS' },
      'ResourceNotFoundException',
      "Secrets Manager can't find the specified secret value for staging label: AWSPREVIOUS",
    ],
  ])('refuses to read %o', async (input, name, message) => {
    const { client } = await setUp()

    await expect(client.send(new GetSecretValueCommand(input))).rejects.toMatchObject({ name, message })
  })

  test('refuses a value over 65,536 bytes', async () => {
    const { client } = await setUp()

    await expect(
      client.send(new PutSecretValueCommand({ SecretId: 'issuer', SecretString: 'x'.repeat(65_537) })),
    ).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: 'The secret value must be at most 65536 bytes, got 65537.',
    })
  })

  test('lists in pages', async () => {
    const secrets = memory()
    for (const name of ['b', 'a', 'c']) secrets.createSecret({ SecretString: name }, name)
    const client = await serve(secrets)
    const first = await client.send(new ListSecretsCommand({ MaxResults: 2 }))
    const second = await client.send(new ListSecretsCommand({ MaxResults: 2, NextToken: first.NextToken }))

    expect([first, second].flatMap((page) => page.SecretList?.map((secret) => secret.Name))).toEqual(['a', 'b', 'c'])
    expect(second.NextToken).toBeUndefined()
  })

  test('asks for the permission on the ARN, whatever name was used', async () => {
    const secrets = memory()
    const { arn } = secrets.createSecret({ SecretString: 'v1' }, 'issuer')
    secrets.createSecret({ SecretString: 'v1' }, 'other')
    const client = await serve(secrets, {
      Effect: 'Allow',
      Action: 'secretsmanager:GetSecretValue',
      Resource: `${arn.slice(0, -6)}??????`,
      Condition: { StringEquals: { 'secretsmanager:VersionStage': 'AWSCURRENT' } },
    })

    await expect(client.send(new GetSecretValueCommand({ SecretId: 'issuer' }))).resolves.toMatchObject({
      SecretString: 'v1',
    })
    for (const denied of [{ SecretId: 'other' }, { SecretId: 'issuer', VersionStage: 'AWSPREVIOUS' }]) {
      await expect(client.send(new GetSecretValueCommand(denied))).rejects.toMatchObject({
        name: 'AccessDeniedException',
      })
    }
  })
})
