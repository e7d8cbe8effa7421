import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import {
  PutSecretValueCommand,
  paginateListSecretVersionIds,
  RotateSecretCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import type { Command } from 'commander'
import { bridgeError, deploymentNames } from '#contract/index.ts'
import { createIssuerKey } from '#keys/index.ts'
import { CommandError } from './command-error.ts'
import { readIssuerKeys } from './issuer-keys.ts'
import { openTarget, type TargetOptions, withTargetOptions } from './target.ts'
import type { Terminal } from './terminal.ts'

const EXAMPLES = `
A rotation refuses no valid token: the new key signs only when every verifier has read it, some minutes from now, and the old one is taken until the
last of its tokens has expired. Secrets Manager rotates by itself every issuerRotationDays.

--compromised is for a key that was stolen: the new one signs at once and every token of the old one is refused, as soon as each
verifier has read the new key (at most five minutes). Until then new tokens may be refused as well.

Examples:
  npx bridge secret rotate
  npx bridge secret rotate --compromised --aws --stage prod`

/** A rotation takes a few seconds; its function may have to start. */
const ROTATION_MS = 30_000
/** No deployment has a shorter longest lifetime: within it the rotator is sure to refuse. */
const SHORTEST_GRACE_SECONDS = 60
const LOOK_AGAIN_MS = 200
/** A rotation that has not ended after this has stopped. */
export const AT_WORK_MS = 60_000

interface RotateOptions extends TargetOptions {
  compromised?: boolean
  force?: boolean
  json?: boolean
}

/** `bridge secret rotate`: a new issuer key. */
export function secretCommand(program: Command, terminal: Terminal): void {
  const secret = program
    .command('secret')
    .description('the issuer secret, which signs the tokens of devices')
    .addHelpText('after', EXAMPLES)
  const rotate = secret
    .command('rotate')
    .description('bring in a new key')
    .option('--compromised', 'the key was stolen: refuse its tokens, and sign with the new key at once')
    .option('--force', 'give up a rotation that is at work, however young')
    .option('--json', 'print JSON')
  withTargetOptions(rotate)
    .addHelpText('after', EXAMPLES)
    .action(async ({ compromised = false, force = false, json = false, ...options }: RotateOptions) => {
      const { aws, stage } = openTarget(options)
      const client = new SecretsManagerClient(aws)
      const secretId = deploymentNames(stage).issuerSecret
      if (compromised) await replaceStolenKey(client, secretId)
      else {
        await endUnfinished(client, secretId, force, terminal)
        await rotateKey(client, secretId)
      }
      const [current, previous] = await readIssuerKeys(client, secretId)
      const facts = {
        kid: current?.kid,
        signs_from: new Date((current?.signs_from_seconds ?? 0) * 1_000).toISOString(),
        previous_kid: previous?.kid,
        accepts_previous: current?.accepts_previous !== false,
      }
      if (json || !terminal.isPerson) terminal.result(JSON.stringify(facts))
      else terminal.result(`${facts.kid} signs from ${facts.signs_from}; ${describePrevious(facts)}`)
    })
}

function describePrevious({
  previous_kid,
  accepts_previous,
}: {
  previous_kid: string | undefined
  accepts_previous: boolean
}) {
  return accepts_previous
    ? `tokens of ${previous_kid} are taken until they expire`
    : `tokens of ${previous_kid} are refused`
}

async function rotateKey(client: SecretsManagerClient, secretId: string): Promise<void> {
  const [current] = await readIssuerKeys(client, secretId)
  const { signs_from_seconds = 0, accepts_previous = true } = current ?? {}
  const seconds = Math.ceil(signs_from_seconds + (accepts_previous ? SHORTEST_GRACE_SECONDS : 0) - Date.now() / 1_000)
  if (seconds > 0) throw bridgeError('rotation_too_early', { seconds })
  const versionId = randomUUID()
  await client.send(new RotateSecretCommand({ SecretId: secretId, ClientRequestToken: versionId }))
  const untilMs = Date.now() + ROTATION_MS
  const isCurrent = (one: Version) => one.versionId === versionId && one.labels.includes('AWSCURRENT')
  while (!(await versionsOf(client, secretId)).some(isCurrent)) {
    if (Date.now() >= untilMs) {
      const text =
        'the rotation did not end; the log of the rotator says why (rotation_too_early: the last one is too recent)'
      throw new CommandError('failed', 'rotation_unfinished', text)
    }
    await pause(LOOK_AGAIN_MS)
  }
}

/**
 * Takes the label AWSPENDING from the version that has it. A rotation that stopped half-way leaves it behind, and Secrets Manager begins
 * no other until it is gone. It would also stay on a key that is replaced as stolen, as if its rotation went on.
 */
async function endRotation(client: SecretsManagerClient, secretId: string, pending: Version): Promise<void> {
  await client.send(
    new UpdateSecretVersionStageCommand({
      SecretId: secretId,
      VersionStage: 'AWSPENDING',
      RemoveFromVersionId: pending.versionId,
    }),
  )
}

/** Throws rotation_in_progress while the rotation that holds AWSPENDING may still be at work. */
async function endUnfinished(client: SecretsManagerClient, secretId: string, force: boolean, { note }: Terminal) {
  const pending = (await versionsOf(client, secretId)).find(({ labels }) => labels.includes('AWSPENDING'))
  if (!pending || pending.labels.includes('AWSCURRENT')) return
  const ageSeconds = Math.round((Date.now() - pending.createdAtMs) / 1_000)
  if (ageSeconds * 1_000 < AT_WORK_MS && !force) {
    const text = `a rotation began ${ageSeconds} s ago; wait until it has ended, or give it up with --force`
    throw new CommandError('failed', 'rotation_in_progress', text)
  }
  note('an unfinished rotation is given up')
  await endRotation(client, secretId, pending)
}

/** The label goes first: whatever happens then, the stolen key is never more than the previous one. */
async function replaceStolenKey(client: SecretsManagerClient, secretId: string): Promise<void> {
  const pending = (await versionsOf(client, secretId)).find(({ labels }) => labels.includes('AWSPENDING'))
  if (pending) await endRotation(client, secretId, pending)
  const key = createIssuerKey(Date.now() / 1_000, { replacesStolen: true })
  await client.send(new PutSecretValueCommand({ SecretId: secretId, SecretString: JSON.stringify(key) }))
}

interface Version {
  versionId: string
  labels: readonly string[]
  createdAtMs: number
}

/** The versions of a secret that have a label. */
export async function versionsOf(client: SecretsManagerClient, secretId: string): Promise<Version[]> {
  const versions: Version[] = []
  for await (const { Versions = [] } of paginateListSecretVersionIds({ client }, { SecretId: secretId })) {
    for (const { VersionId: versionId = '', VersionStages: labels = [], CreatedDate } of Versions) {
      versions.push({ versionId, labels, createdAtMs: CreatedDate?.getTime() ?? 0 })
    }
  }
  return versions
}
