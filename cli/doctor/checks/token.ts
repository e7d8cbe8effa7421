import { signingKey } from '#contract/index.ts'
import { recordRefusal } from '../../explain/registered.ts'
import { readToken, tokenRefusal, verifySignature } from '../../explain/token.ts'
import { ALL_PERMISSIONS, issueToken } from '../../issue-token.ts'
import type { Examination } from '../examination.ts'
import { Problem } from '../problems.ts'
import { type Check, needed } from '../run-checks.ts'

/** It is looked at and thrown away: long enough for that. */
const LIFETIME_SECONDS = 60

/** A token can be issued, or the one given can be used: signature, times, who it speaks for. */
export const tokenCheck: Check = {
  name: 'token',
  async run(examination) {
    const { options, nowMs } = examination
    const text = options.token ?? issue(examination)
    const token = readToken(text)
    const signature = await verifySignature(token, options)
    const refusal = tokenRefusal(token, signature, options.clientId, Math.floor(nowMs() / 1_000))
    if (refusal !== undefined) throw new Problem('token_unusable', refusal)
    const { device } = examination.found
    const revoked = device && recordRefusal(device, token)
    if (revoked !== undefined) throw new Problem('token_unusable', revoked)
    examination.found.token = text
    const seconds = token.claims.exp - Math.floor(nowMs() / 1_000)
    const verified = signature.signature === 'unknown' ? `signature not verified: ${signature.because}` : 'verified'
    return `${options.token === undefined ? 'issued' : 'given'} and ${verified}, ${seconds} s left`
  },
}

function issue({ options, found, nowMs }: Examination): string {
  const key = signingKey(needed(found.keys, 'secret'), nowMs() / 1_000)
  return issueToken(needed(key, 'secret'), {
    clientId: options.clientId,
    permissions: ALL_PERMISSIONS,
    lifetimeSeconds: LIFETIME_SECONDS,
  })
}
