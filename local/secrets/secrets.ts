import { createHash, randomInt, randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { ApiError } from '../aws-api/index.ts'
import { SecretsError } from './errors.ts'
import { generateSecretString } from './generate-secret.ts'
import { createOperations } from './operations.ts'
import { createRotations, type RotationHost } from './rotation.ts'
import { openRotationStore } from './rotation-store.ts'
import { CURRENT_STAGE, openSecretStore } from './secret-store.ts'

type Body = Readonly<Record<string, unknown>>

export interface SecretsOptions {
  /** Holds the secrets in plain text: its file must be readable by its owner only. */
  readonly db: DatabaseSync
  /** Default `us-east-1`. */
  readonly region?: string
  /** Default `000000000000`. */
  readonly accountId?: string
  /** Default: the machine's clock. */
  readonly clock?: { nowMs(): number }
  readonly newId?: () => string
  /** Default: no function may be invoked, so no secret can be rotated. */
  readonly rotation?: RotationHost
}

export interface CreatedSecret {
  readonly name: string
  readonly arn: string
  /** False when the secret was there already. */
  readonly created: boolean
}

export interface Secrets {
  /** Names of the operations that `handle` runs. */
  readonly operations: readonly string[]
  /**
   * Creates the secret that properties of `AWS::SecretsManager::Secret` describe, under their Name or else `defaultName`.
   * One that exists keeps its ARN and value; only when SecretString or GenerateSecretString of the template have changed, a new
   * version becomes AWSCURRENT, as an update of a stack does. Throws SecretsError SECRET_PROPERTIES_INVALID.
   */
  createSecret(properties: Body, defaultName: string): CreatedSecret
  /** Runs an operation (`GetSecretValue`) of the JSON 1.1 protocol. Throws ApiError with AWS's name and text. */
  handle(operation: string, body: Body): Body
  /** ARN of a secret given by name, ARN or ARN without suffix; undefined when there is none. */
  findArn(secretId: string): string | undefined
  /** Has a secret rotated by a function, and tells whether it was not rotated before. Throws ApiError. */
  scheduleRotation(secretId: string, lambdaArn: string, rules: unknown): boolean
  /** Ends the rotation of a secret, if it is still by this function. */
  cancelRotation(secretId: string, lambdaArn: string): void
  /** Begins the rotations whose time has come; to be called now and then. */
  rotateDue(): void
  /** Resolves when no rotation is at work. */
  rotationsIdle(): Promise<void>
}

// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
const NAME = /^[\w/+=.@-]{1,512}$/
const SUFFIX_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const SUFFIX_LENGTH = 6
const WITHOUT_FUNCTIONS: RotationHost = {
  invoke: () => Promise.reject(new Error('there are no functions')),
  mayInvoke: () => false,
  log() {},
}

/** Secrets Manager in a SQLite database: versions, staging labels, ARNs with a random suffix, all kept over restarts. */
export function createSecrets(options: SecretsOptions): Secrets {
  const { db, region = 'us-east-1', accountId = '000000000000', newId = randomUUID } = options
  const nowMs = () => options.clock?.nowMs() ?? Date.now()
  const store = openSecretStore(db)
  const host = options.rotation ?? WITHOUT_FUNCTIONS
  const rotations = createRotations({ store, rotations: openRotationStore(db), host, nowMs })
  const operations = createOperations({ store, rotations, nowMs, newId })

  return {
    createSecret(properties, defaultName) {
      const name = String(properties.Name ?? defaultName)
      if (!NAME.test(name)) {
        throw new SecretsError(
          'SECRET_PROPERTIES_INVALID',
          `Name: expected 1 to 512 of A-Z a-z 0-9 /_+=.@-, got ${name}`,
        )
      }
      const { SecretString, GenerateSecretString } = properties
      if (SecretString !== undefined && GenerateSecretString !== undefined) {
        const reason = 'expected SecretString or GenerateSecretString, got both'
        throw new SecretsError('SECRET_PROPERTIES_INVALID', `secret ${name}: ${reason}`)
      }
      const sourceHash = createHash('sha256')
        .update(JSON.stringify([SecretString, GenerateSecretString]))
        .digest('hex')
      return store.atomically(() => {
        const existing = store.find(name)
        const arn = existing?.arn ?? `arn:aws:secretsmanager:${region}:${accountId}:secret:${name}-${randomSuffix()}`
        if (existing?.source_hash === sourceHash) return { name, arn, created: false }
        if (existing === undefined) {
          const description = typeof properties.Description === 'string' ? properties.Description : null
          const [created_at_ms, changed_at_ms] = [nowMs(), nowMs()]
          store.insert({ name, arn, description, source_hash: sourceHash, created_at_ms, changed_at_ms })
        } else {
          store.setSourceHash(name, sourceHash)
        }
        const value = initialValue(SecretString, GenerateSecretString)
        if (value !== undefined) {
          const versionId = newId()
          store.insertVersion(name, versionId, { secretString: value }, nowMs())
          store.moveStage(name, CURRENT_STAGE, versionId, nowMs())
        }
        return { name, arn, created: existing === undefined }
      })
    },

    handle(operation, body) {
      const run = Object.hasOwn(operations, operation) ? operations[operation] : undefined
      if (run !== undefined) return run(body)
      const known = Object.keys(operations).join(', ')
      throw new ApiError('UnknownOperationException', 400, `expected one of ${known}, got ${operation}`)
    },

    operations: Object.keys(operations),
    findArn: (secretId) => store.find(secretId)?.arn,

    scheduleRotation(secretId, lambdaArn, rules) {
      const secret = store.find(secretId)
      if (!secret) throw new ApiError('ResourceNotFoundException', 400, `there is no secret ${secretId}`)
      return rotations.configure(secret, lambdaArn, rules)
    },
    cancelRotation(secretId, lambdaArn) {
      const secret = store.find(secretId)
      if (secret && rotations.describe(secret).RotationLambdaARN === lambdaArn) rotations.cancel(secret)
    },
    rotateDue: () => rotations.beginDue(newId),
    rotationsIdle: () => rotations.idle(),
  }
}

function initialValue(secretString: unknown, generate: unknown): string | undefined {
  if (secretString !== undefined) return String(secretString)
  return typeof generate === 'object' && generate !== null ? generateSecretString(generate as Body) : undefined
}

function randomSuffix(): string {
  return Array.from({ length: SUFFIX_LENGTH }, () =>
    SUFFIX_CHARACTERS.charAt(randomInt(SUFFIX_CHARACTERS.length)),
  ).join('')
}
