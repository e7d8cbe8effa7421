import { ApiError, type Log } from '../aws-api/index.ts'
import type { RotationRow, RotationStore } from './rotation-store.ts'
import { CURRENT_STAGE, PENDING_STAGE, type SecretRow, type SecretStore } from './secret-store.ts'

/** What rotations need of the rest of the runtime. */
export interface RotationHost {
  /** Runs one step and waits; rejects, or names the error of the function. */
  invoke(functionArn: string, event: Readonly<Record<string, string>>): Promise<{ functionError?: string | undefined }>
  /** May Secrets Manager invoke the function for this secret? By the function's resource policy. */
  mayInvoke(functionArn: string, secretArn: string): boolean
  readonly log: Log
}

export interface Rotations {
  /**
   * Tells whether the secret was not rotated before. Throws ApiError as AWS does when the function may not be invoked, or the rules are not
   * known here.
   */
  configure(secret: SecretRow, lambdaArn: string, rules: unknown): boolean
  cancel(secret: SecretRow): void
  /** Makes a version AWSPENDING and has the function do the rest, for which it does not wait. Throws ApiError. */
  begin(secret: SecretRow, versionId: string): void
  describe(secret: SecretRow): Readonly<Record<string, unknown>>
  /** Begins the rotations whose time has come. */
  beginDue(newId: () => string): void
  /** Resolves when no rotation is at work. */
  idle(): Promise<void>
}

// https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret']
const HOUR_MS = 60 * 60 * 1_000
const UNITS_MS: Readonly<Record<string, number>> = { hour: HOUR_MS, day: 24 * HOUR_MS }

/**
 * Rotates secrets with their functions, step by step as Secrets Manager does. A step that fails ends the rotation; AWS would try again for a
 * day, here the next call of RotateSecret does, once the label AWSPENDING has been taken away.
 */
export function createRotations(options: {
  store: SecretStore
  rotations: RotationStore
  host: RotationHost
  nowMs(): number
}): Rotations {
  const { store, rotations, host, nowMs } = options
  const running = new Set<Promise<void>>()

  async function run(secret: SecretRow, lambdaArn: string, versionId: string): Promise<void> {
    for (const Step of STEPS) {
      const event = { Step, SecretId: secret.arn, ClientRequestToken: versionId }
      const { functionError } = await host
        .invoke(lambdaArn, event)
        .catch((error: unknown) => ({ functionError: error instanceof Error ? error.message : 'unknown' }))
      if (functionError === undefined) continue
      host.log({ level: 'error', event: 'rotation_failed', secret: secret.name, step: Step, error: functionError })
      return
    }
    rotations.noteRotated(secret.name, nowMs())
    host.log({ level: 'info', event: 'secret_rotated', secret: secret.name })
  }

  function begin(secret: SecretRow, versionId: string): void {
    const rotation = rotations.find(secret.name)
    if (!rotation) throw invalidRequest('No Lambda rotation function ARN is associated with this secret.')
    const versions = store.versions(secret.name)
    if (versions.some(({ version_id }) => version_id === versionId)) return
    const pending = versions.find(({ stages }) => stages.includes(PENDING_STAGE))
    if (pending && !pending.stages.includes(CURRENT_STAGE)) {
      throw invalidRequest("A previous rotation isn't complete. That rotation will be reattempted.")
    }
    store.atomically(() => {
      store.insertVersion(secret.name, versionId, {}, nowMs())
      store.moveStage(secret.name, PENDING_STAGE, versionId, nowMs())
    })
    const work = run(secret, rotation.lambda_arn, versionId).finally(() => running.delete(work))
    running.add(work)
  }

  return {
    configure(secret, lambdaArn, rules) {
      if (!host.mayInvoke(lambdaArn, secret.arn)) {
        const cause = 'Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.'
        const text = `Secrets Manager cannot invoke the specified Lambda function. ${cause}`
        throw new ApiError('AccessDeniedException', 400, text)
      }
      const isNew = !rotations.find(secret.name)
      rotations.configure(secret.name, lambdaArn, intervalMs(rules), nowMs())
      return isNew
    },
    cancel: ({ name }) => rotations.remove(name),
    begin,
    describe(secret) {
      const rotation = rotations.find(secret.name)
      if (!rotation) return {}
      const { every_ms, rotated_at_ms, lambda_arn } = rotation
      const nextMs = nextRotationMs(rotation)
      return {
        RotationEnabled: true,
        RotationLambdaARN: lambda_arn,
        ...(every_ms !== null && { RotationRules: rulesOf(every_ms) }),
        ...(rotated_at_ms !== null && { LastRotatedDate: rotated_at_ms / 1_000 }),
        ...(nextMs !== undefined && { NextRotationDate: nextMs / 1_000 }),
      }
    },
    beginDue(newId) {
      for (const rotation of rotations.list()) {
        const nextMs = nextRotationMs(rotation)
        const secret = store.find(rotation.name)
        if (!secret || nextMs === undefined || nowMs() < nextMs) continue
        try {
          begin(secret, newId())
        } catch (error) {
          const message = error instanceof Error ? error.message : String(error)
          host.log({ level: 'error', event: 'rotation_failed', secret: secret.name, error: message })
        }
      }
    },
    async idle() {
      await Promise.all(running)
    },
  }
}

function nextRotationMs({ every_ms, rotated_at_ms, configured_at_ms }: RotationRow): number | undefined {
  return every_ms === null ? undefined : (rotated_at_ms ?? configured_at_ms) + every_ms
}

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotationRulesType.html */
function intervalMs(rules: unknown): number | null {
  const { AutomaticallyAfterDays: days, ScheduleExpression: expression } = (rules ?? {}) as Record<string, unknown>
  if (expression !== undefined) {
    const [, count, unit] = /^rate\((\d+) (hour|day)s?\)$/.exec(String(expression)) ?? []
    if (unit === undefined) throw invalidParameter('The local runtime knows rate(… days) and rate(… hours) only.')
    return Number(count) * (UNITS_MS[unit] ?? 0)
  }
  if (days === undefined) return null
  const number = Number(days)
  if (!Number.isInteger(number) || number < 1 || number > 1_000) {
    throw invalidParameter('AutomaticallyAfterDays must be 1 to 1000.')
  }
  return number * 24 * HOUR_MS
}

function rulesOf(everyMs: number): object {
  const hours = everyMs / HOUR_MS
  return hours % 24 === 0 ? { AutomaticallyAfterDays: hours / 24 } : { ScheduleExpression: `rate(${hours} hours)` }
}

function invalidRequest(message: string): ApiError {
  return new ApiError('InvalidRequestException', 400, message)
}

function invalidParameter(message: string): ApiError {
  return new ApiError('InvalidParameterException', 400, message)
}
