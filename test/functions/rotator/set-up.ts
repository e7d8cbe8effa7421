import { DatabaseSync } from 'node:sqlite'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { onTestFinished } from 'vitest'
import { createApiServer } from '#local/aws-api/index.ts'
import { createIam } from '#local/iam/index.ts'
import { createSecrets, secretsService } from '#local/secrets/index.ts'
import { createRotator } from '../../../functions/rotator/handler.ts'
import { createRecordingObserver } from '../../fixtures/recording-observer.ts'

export const MAX_LIFETIME_SECONDS = 300
export const FIRST_KEY = { kid: 'issuer-1', secret: 'first-issuer-secret-of-at-least-32-bytes' }
const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:rotator'

export const STARTED_AT_MS = Date.parse('2026-11-21T12:00:00Z')

/** The rotator at the secrets of the local runtime, by the real SDK, on a clock that stands still. */
export async function setUp(firstValue: unknown = FIRST_KEY, name = 'issuer') {
  let nowMs = STARTED_AT_MS
  const events: string[] = []
  const failures: unknown[] = []
  let mayInvoke = true
  let beforeStep: (step: string) => void = () => undefined
  const secrets = createSecrets({
    db: new DatabaseSync(':memory:'),
    clock: { nowMs: () => nowMs },
    rotation: {
      log: (entry) => void failures.push(...('error' in entry ? [entry] : [])),
      mayInvoke: () => mayInvoke,
      async invoke(_functionArn, event) {
        events.push(event.Step ?? '')
        beforeStep(event.Step ?? '')
        try {
          await rotate(event)
          return {}
        } catch (error) {
          return { functionError: error instanceof Error ? error.name : 'unknown' }
        }
      },
    },
  })
  const { arn } = secrets.createSecret({ SecretString: JSON.stringify(firstValue) }, name)
  const iam = createIam()
  const server = await createApiServer({
    services: { secretsmanager: secretsService(secrets) },
    identify: iam.identify,
    authorize: iam.authorize,
    log() {},
  })
  const client = new SecretsManagerClient({
    endpoint: server.url,
    region: 'us-east-1',
    credentials: iam.developerCredentials,
    maxAttempts: 1,
  })
  onTestFinished(async () => {
    client.destroy()
    await server.close()
  })
  const observer = createRecordingObserver()
  const rotate = createRotator({
    secrets: client,
    secretId: arn,
    maxLifetimeSeconds: MAX_LIFETIME_SECONDS,
    observer,
    nowMs: () => nowMs,
  })
  return {
    arn,
    endpoint: server.url,
    credentials: iam.developerCredentials,
    client,
    secrets,
    observer,
    rotate,
    events,
    failures,
    functionArn: FUNCTION_ARN,
    nowSeconds: () => nowMs / 1_000,
    passSeconds: (seconds: number) => {
      nowMs += seconds * 1_000
    },
    forbidInvoking: () => {
      mayInvoke = false
    },
    onStep: (listener: (step: string) => void) => {
      beforeStep = listener
    },
  }
}
