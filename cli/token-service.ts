import * as z from 'zod'
import { CommandError } from './command-error.ts'
import { headerSigner } from './signed-headers.ts'
import type { AwsSettings } from './target.ts'

/** Below the URL of the service, for callers that sign with credentials of AWS. */
const PATH = '/tokens'
const TIMEOUT_MS = 15_000

const answerSchema = z.object({
  token: z.string(),
  expires_at_seconds: z.int(),
  permissions: z.array(z.string()),
  cut: z.array(z.string()),
})
const problemSchema = z.object({ code: z.string(), detail: z.string() })

export type ServiceToken = z.infer<typeof answerSchema>

/**
 * Asks the token service of a deployment, as the principal whose credentials are at hand. Throws the code of its refusal,
 * token_service_refused when the gateway lets the principal not in, token_service_unreachable.
 */
export async function askTokenService(
  target: { aws: AwsSettings; serviceUrl: string },
  request: { clientId: string; permissions: readonly string[]; lifetimeSeconds: number },
): Promise<ServiceToken> {
  const body = JSON.stringify({
    client_id: request.clientId,
    permissions: request.permissions,
    lifetime_seconds: request.lifetimeSeconds,
  })
  const url = new URL(`${target.serviceUrl.replace(/\/$/, '')}${PATH}`)
  const response = await fetch(url, {
    method: 'POST',
    headers: await headerSigner(target.aws)({ method: 'POST', url, body }),
    body,
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((cause: unknown) => {
    throw new CommandError('failed', 'token_service_unreachable', `${url} does not answer`, { cause })
  })
  const json: unknown = await response.json().catch(() => undefined)
  const answer = answerSchema.safeParse(json)
  if (response.ok && answer.success) return answer.data
  const problem = problemSchema.safeParse(json)
  if (problem.success) throw new CommandError('failed', problem.data.code, problem.data.detail)
  throw new CommandError('failed', 'token_service_refused', `${url} answered with status ${response.status}`)
}
