import { isDeepStrictEqual } from 'node:util'
import { ApiError } from '../aws-api/index.ts'
import type { Rotations } from './rotation.ts'
import {
  CURRENT_STAGE,
  PREVIOUS_STAGE,
  type SecretRow,
  type SecretStore,
  type SecretValue,
  type VersionRow,
} from './secret-store.ts'

type Body = Readonly<Record<string, unknown>>
type Operation = (body: Body) => Body

// https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
const MAX_SECRET_BYTES = 65_536
const MAX_PAGE = 100
const TOKEN_CHARACTERS = { min: 32, max: 64 }

/** The operations of Secrets Manager that the local runtime knows; each throws ApiError with AWS's name and text. */
export function createOperations(options: {
  store: SecretStore
  rotations: Rotations
  nowMs(): number
  newId(): string
}): Readonly<Record<string, Operation>> {
  const { store, rotations, nowMs } = options

  function findSecret(body: Body): SecretRow {
    const id = text(body, 'SecretId')
    const secret = id === undefined ? undefined : store.find(id)
    if (secret === undefined) throw notFound("Secrets Manager can't find the specified secret.")
    return secret
  }

  return {
    GetSecretValue(body) {
      const secret = findSecret(body)
      const version = selectVersion(store.versions(secret.name), text(body, 'VersionId'), text(body, 'VersionStage'))
      const { secret_string, secret_binary } = version
      if (secret_string === null && secret_binary === null) {
        // a rotation has made it and its function has not filled it yet
        const wanted = text(body, 'VersionStage') ?? CURRENT_STAGE
        const label =
          text(body, 'VersionId') === undefined ? `staging label: ${wanted}` : `VersionId: ${version.version_id}`
        throw notFound(`Secrets Manager can't find the specified secret value for ${label}`)
      }
      return {
        ...identity(secret),
        VersionId: version.version_id,
        VersionStages: version.stages,
        CreatedDate: version.created_at_ms / 1000,
        ...(secret_string === null ? {} : { SecretString: secret_string }),
        ...(secret_binary === null ? {} : { SecretBinary: Buffer.from(secret_binary).toString('base64') }),
      }
    },

    DescribeSecret(body) {
      const secret = findSecret(body)
      return { ...description(secret), ...rotations.describe(secret), VersionIdsToStages: versionStages(secret, store) }
    },

    ListSecretVersionIds(body) {
      const secret = findSecret(body)
      // a version without label is deleted here at once, so there is none to leave out
      const versions = store.versions(secret.name).map((version) => ({
        VersionId: version.version_id,
        VersionStages: version.stages,
        CreatedDate: version.created_at_ms / 1000,
      }))
      return { ...identity(secret), Versions: versions }
    },

    PutSecretValue(body) {
      const secret = findSecret(body)
      const value = readValue(body)
      const versionId = text(body, 'ClientRequestToken') ?? options.newId()
      checkToken(versionId)
      const stages = readStages(body.VersionStages)
      store.atomically(() => {
        const existing = store.versions(secret.name).find((version) => version.version_id === versionId)
        if (existing === undefined) store.insertVersion(secret.name, versionId, value, nowMs())
        else if (existing.secret_string === null && existing.secret_binary === null) {
          store.fillVersion(secret.name, versionId, value)
        } else if (!isDeepStrictEqual(storedValue(existing), value)) {
          const reason = `that value is already in use for a version of secret ${secret.arn}.`
          throw new ApiError(
            'ResourceExistsException',
            400,
            `You can't use ClientRequestToken ${versionId} because ${reason}`,
          )
        } else return
        for (const stage of stages) store.moveStage(secret.name, stage, versionId, nowMs())
      })
      return { ...identity(secret), VersionId: versionId, VersionStages: stages }
    },

    UpdateSecretVersionStage(body) {
      const secret = findSecret(body)
      const stage = text(body, 'VersionStage')
      if (stage === undefined) throw invalidParameter('You must provide a value for VersionStage.')
      const moveTo = text(body, 'MoveToVersionId')
      const removeFrom = text(body, 'RemoveFromVersionId')
      const versions = store.versions(secret.name)
      const holder = versions.find((version) => version.stages.includes(stage))?.version_id
      if (holder !== removeFrom && holder !== moveTo) {
        throw invalidParameter(
          holder === undefined
            ? `The staging label ${stage} is not attached to version ${removeFrom}.`
            : `The staging label ${stage} is currently attached to version ${holder}, so you must explicitly reference that version in RemoveFromVersionId.`,
        )
      }
      if (moveTo === undefined && stage === CURRENT_STAGE) {
        throw invalidParameter(
          `You can only move staging label ${CURRENT_STAGE} to a different secret version. It can't be completely removed.`,
        )
      }
      if (moveTo !== undefined && !versions.some((version) => version.version_id === moveTo)) {
        throw notFound(`Secrets Manager can't find the specified secret value for VersionId: ${moveTo}`)
      }
      store.atomically(() => {
        if (moveTo === undefined) store.removeStage(secret.name, stage, nowMs())
        else store.moveStage(secret.name, stage, moveTo, nowMs())
      })
      return identity(secret)
    },

    RotateSecret(body) {
      const secret = findSecret(body)
      const versionId = text(body, 'ClientRequestToken') ?? options.newId()
      checkToken(versionId)
      const lambdaArn = text(body, 'RotationLambdaARN')
      if (lambdaArn !== undefined) rotations.configure(secret, lambdaArn, body.RotationRules)
      if (body.RotateImmediately === false) return identity(secret)
      rotations.begin(secret, versionId)
      return { ...identity(secret), VersionId: versionId }
    },

    CancelRotateSecret(body) {
      const secret = findSecret(body)
      rotations.cancel(secret)
      return identity(secret)
    },

    ListSecrets(body) {
      if (Array.isArray(body.Filters) && body.Filters.length > 0) {
        throw invalidParameter('Filters are not supported by the local runtime.')
      }
      const limit = Math.min(Number(body.MaxResults ?? MAX_PAGE), MAX_PAGE)
      if (!Number.isInteger(limit) || limit < 1) throw invalidParameter(`MaxResults must be 1 to ${MAX_PAGE}.`)
      const secrets = store.list(limit, text(body, 'NextToken') ?? '')
      const last = secrets.at(-1)
      return {
        SecretList: secrets.map((secret) => ({
          ...description(secret),
          SecretVersionsToStages: versionStages(secret, store),
        })),
        ...(secrets.length === limit && last !== undefined ? { NextToken: last.name } : {}),
      }
    },
  }
}

function checkToken(versionId: string): void {
  const { min, max } = TOKEN_CHARACTERS
  if (versionId.length >= min && versionId.length <= max) return
  throw invalidParameter(`ClientRequestToken must be ${min} to ${max} long.`)
}

function selectVersion(versions: readonly VersionRow[], versionId?: string, stage?: string): VersionRow {
  const wantedStage = stage ?? (versionId === undefined ? CURRENT_STAGE : undefined)
  const version = versions.find((one) =>
    versionId === undefined ? one.stages.includes(wantedStage ?? '') : one.version_id === versionId,
  )
  if (version === undefined) {
    const wanted = versionId === undefined ? `staging label: ${wantedStage}` : `VersionId: ${versionId}`
    throw notFound(`Secrets Manager can't find the specified secret value for ${wanted}`)
  }
  if (stage !== undefined && !version.stages.includes(stage)) {
    const reason = 'You provided a VersionStage that is not associated to the provided VersionId.'
    throw new ApiError('InvalidRequestException', 400, reason)
  }
  return version
}

function readValue(body: Body): SecretValue {
  const secretString = text(body, 'SecretString')
  const binary = text(body, 'SecretBinary')
  if ((secretString === undefined) === (binary === undefined)) {
    throw invalidParameter('You must provide either SecretString or SecretBinary.')
  }
  const value = secretString === undefined ? { secretBinary: Buffer.from(binary ?? '', 'base64') } : { secretString }
  const size = secretString === undefined ? Buffer.byteLength(binary ?? '', 'base64') : Buffer.byteLength(secretString)
  if (size > MAX_SECRET_BYTES) {
    throw invalidParameter(`The secret value must be at most ${MAX_SECRET_BYTES} bytes, got ${size}.`)
  }
  return value
}

function storedValue({ secret_string, secret_binary }: VersionRow): SecretValue {
  if (secret_string !== null) return { secretString: secret_string }
  return secret_binary === null ? {} : { secretBinary: Buffer.from(secret_binary) }
}

function readStages(value: unknown): readonly string[] {
  if (value === undefined) return [CURRENT_STAGE]
  const stages: unknown[] = Array.isArray(value) ? value : []
  const texts = stages.filter((stage) => typeof stage === 'string')
  if (texts.length === 0 || texts.length !== stages.length)
    throw invalidParameter('VersionStages must be 1 to 20 texts.')
  if (texts.includes(PREVIOUS_STAGE))
    throw invalidParameter(`You can't attach the staging label ${PREVIOUS_STAGE} yourself.`)
  return texts
}

function identity({ arn, name }: SecretRow): { ARN: string; Name: string } {
  return { ARN: arn, Name: name }
}

function description(secret: SecretRow): Body {
  return {
    ...identity(secret),
    ...(secret.description === null ? {} : { Description: secret.description }),
    CreatedDate: secret.created_at_ms / 1000,
    LastChangedDate: secret.changed_at_ms / 1000,
  }
}

function versionStages(secret: SecretRow, store: SecretStore): Record<string, readonly string[]> {
  return Object.fromEntries(store.versions(secret.name).map((version) => [version.version_id, version.stages]))
}

function text(body: Body, name: string): string | undefined {
  const value = body[name]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw new ApiError('SerializationException', 400, `${name}: expected a text`)
  return value
}

function notFound(message: string): ApiError {
  return new ApiError('ResourceNotFoundException', 400, message)
}

function invalidParameter(message: string): ApiError {
  return new ApiError('InvalidParameterException', 400, message)
}
