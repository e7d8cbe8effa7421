import { DescribeSecretCommand, type DescribeSecretCommandOutput } from '@aws-sdk/client-secrets-manager'
import * as z from 'zod'
import { type IssuerKey, signingKey } from '#contract/index.ts'
import { readIssuerKeys } from '../../issuer-keys.ts'
import { AT_WORK_MS, versionsOf } from '../../secret.ts'
import { callApi } from '../call-api.ts'
import type { Examination } from '../examination.ts'
import { Problem } from '../problems.ts'
import type { Check } from '../run-checks.ts'

const DAY_MS = 24 * 60 * 60 * 1_000
/** Secrets Manager rotates within a window of the day that is due, and tries again for a day. */
const LATE_MS = 2 * DAY_MS
const MISSING = ['ResourceNotFoundException']

/** Issuer secret and device master are there and are keys, and the rotation of the first does what it should. */
export const secretCheck: Check = {
  name: 'secret',
  async run(examination) {
    const { issuerSecret, deviceMasterSecret } = examination.names()
    const keys = await readable(issuerSecret, () => readIssuerKeys(examination.clients().secrets, issuerSecret))
    await readable(deviceMasterSecret, () => examination.target().deviceMaster())
    const signing = signingKey(keys, examination.nowMs() / 1_000)
    if (!signing) throw new Problem('secret_missing', `${issuerSecret} has no value`, { name: issuerSecret })
    examination.found.keys = keys
    return `${signing.kid} signs; ${await rotation(examination, keys)}`
  },
}

async function readable<Value>(name: string, read: () => Promise<Value>): Promise<Value> {
  return callApi('secretsmanager:GetSecretValue', read, [...MISSING, 'SyntaxError', 'ZodError']).catch(
    (error: unknown) => {
      if (error instanceof Error && MISSING.includes(error.name)) {
        throw new Problem('secret_missing', `there is no secret ${name}, or it has no value`, { name })
      }
      // neither names what it read
      if (error instanceof SyntaxError || error instanceof z.ZodError) {
        throw new Problem('secret_malformed', `what ${name} holds is no key`, { name })
      }
      throw error
    },
  )
}

async function rotation(examination: Examination, keys: readonly IssuerKey[]): Promise<string> {
  const SecretId = examination.names().issuerSecret
  const secret: DescribeSecretCommandOutput = await callApi('secretsmanager:DescribeSecret', () =>
    examination.clients().secrets.send(new DescribeSecretCommand({ SecretId })),
  )
  const versions = await callApi('secretsmanager:ListSecretVersionIds', () =>
    versionsOf(examination.clients().secrets, SecretId),
  )
  const pending = versions.find(({ labels }) => labels.includes('AWSPENDING') && !labels.includes('AWSCURRENT'))
  if (pending && examination.nowMs() - pending.createdAtMs > AT_WORK_MS) {
    const since = new Date(pending.createdAtMs).toISOString()
    throw new Problem('rotation_stuck', `a rotation began at ${since} and has not ended`)
  }
  const next = secret.NextRotationDate?.getTime()
  if (next !== undefined && next + LATE_MS < examination.nowMs()) {
    throw new Problem('rotation_overdue', `the key should have been rotated on ${new Date(next).toISOString()}`)
  }
  const announced = keys.find(({ signs_from_seconds = 0 }) => signs_from_seconds * 1_000 > examination.nowMs())
  if (pending) return 'a rotation is at work'
  if (announced)
    return `${announced.kid} from ${new Date((announced.signs_from_seconds ?? 0) * 1_000).toISOString()} on`
  return next === undefined ? 'no rotation is due' : `next rotation ${new Date(next).toISOString().slice(0, 10)}`
}
