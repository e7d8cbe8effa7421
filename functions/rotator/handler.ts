import {
  PutSecretValueCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { bridgeError, type IssuerKey, issuerKeySchema, KEY_LIMITS } from '#contract/index.ts'
import { createIssuerKey } from '#keys/index.ts'
import { faultCode } from '../shared/fault-code.ts'
import type { Observer } from '../shared/observability.ts'
import { type RotationEvent, rotationEventSchema } from './event.ts'
import { describeVersions, dropPending, readKey } from './versions.ts'

export interface RotatorDependencies {
  secrets: SecretsManagerClient
  secretId: string
  /** Longest lifetime of a token. */
  maxLifetimeSeconds: number
  observer: Observer
  nowMs?: () => number
}

/**
 * The four steps of a rotation of the issuer secret. Nobody waits: a new key carries the time from which it signs, and that is one cache
 * lifetime of verifiers and issuers after it became current. Every step may be repeated. Throws rotation_too_early while tokens of the key before the
 * current one may still be in use, since the rotation would take that key away.
 */
export function createRotator(dependencies: RotatorDependencies): (event: unknown) => Promise<void> {
  const { secrets, secretId, maxLifetimeSeconds, observer } = dependencies
  const nowSeconds = () => (dependencies.nowMs ?? Date.now)() / 1_000

  const steps: Record<RotationEvent['Step'], (versionId: string, currentId: string) => Promise<void>> = {
    async createSecret(versionId, currentId) {
      if (await readKey(secrets, secretId, versionId)) return
      const current = await readKey(secrets, secretId, currentId)
      if (current) checkSettled(current)
      const key: IssuerKey = issuerKeySchema.parse(createIssuerKey(nowSeconds()))
      await secrets.send(
        new PutSecretValueCommand({
          SecretId: secretId,
          ClientRequestToken: versionId,
          SecretString: JSON.stringify(key),
          VersionStages: ['AWSPENDING'],
        }),
      )
      observer.info('issuer_key_created', { kid: key.kid, signs_from_seconds: key.signs_from_seconds })
    },

    // the key is used by those who read the secret: there is no other place to set it in
    setSecret: async () => undefined,

    async testSecret(versionId) {
      if (!(await readKey(secrets, secretId, versionId))) throw invalid('the pending version has no value')
    },

    async finishSecret(versionId, currentId) {
      const key = await readKey(secrets, secretId, versionId)
      if (!key) throw invalid('the pending version has no value')
      if (key.kid === (await readKey(secrets, secretId, currentId))?.kid)
        throw invalid('the new key has the id of the old')
      // who has read the secret a moment ago signs with the old key for one cache lifetime more, and verifiers count its grace from
      // the time in the new one; without its label this rotation is over, and the next begins anew
      if (nowSeconds() > (key.signs_from_seconds ?? 0) - KEY_LIMITS.cachedSeconds) {
        await dropPending(secrets, secretId, versionId)
        throw invalid('the pending key is too old and was given up; rotate again')
      }
      await secrets.send(
        new UpdateSecretVersionStageCommand({
          SecretId: secretId,
          VersionStage: 'AWSCURRENT',
          MoveToVersionId: versionId,
          RemoveFromVersionId: currentId,
        }),
      )
      observer.info('issuer_key_announced', { kid: key.kid, signs_from_seconds: key.signs_from_seconds })
    },
  }

  function checkSettled({ signs_from_seconds = 0, accepts_previous = true }: IssuerKey): void {
    const graceSeconds = accepts_previous ? maxLifetimeSeconds + KEY_LIMITS.graceMarginSeconds : 0
    const seconds = Math.ceil(signs_from_seconds + graceSeconds - nowSeconds())
    if (signs_from_seconds > 0 && seconds > 0) throw bridgeError('rotation_too_early', { seconds })
  }

  return async (input) => {
    try {
      const parsed = rotationEventSchema.safeParse(input)
      if (!parsed.success) throw invalid('the event is none of Secrets Manager')
      const { Step, SecretId, ClientRequestToken } = parsed.data
      if (SecretId !== secretId) throw invalid('the event names another secret')
      const { stages, currentId } = await describeVersions(secrets, secretId)
      if (ClientRequestToken === currentId) return
      if (!stages[ClientRequestToken]?.includes('AWSPENDING')) throw invalid('the version is not labelled AWSPENDING')
      await steps[Step](ClientRequestToken, currentId)
    } catch (error) {
      observer.count('SystemFaults', 1, faultCode(error))
      const { name, message } = error instanceof Error ? error : { name: 'unknown', message: '' }
      observer.error('rotation_failed', { code: name, reason: message })
      throw error
    } finally {
      observer.flush()
    }
  }
}

function invalid(problem: string) {
  return bridgeError('rotation_invalid', { problem })
}
