import type { HttpFacts } from '../../broker/index.ts'
import { connectionContext, evaluatePolicies } from '../../iot-policy/index.ts'
import { selectDomain } from '../endpoint-kinds.ts'
import { askAuthorizer } from './ask-authorizer.ts'
import type { GateOptions } from './connection-gate.ts'

/** One HTTPS request that wants to publish. */
export interface PublishRequest {
  requestId: string
  serverName?: string | undefined
  http: HttpFacts
  remoteAddress: string
  actions: readonly { action: string; resource: string }[]
}

export type PublishVerdict = { ok: true; principalId: string } | { ok: false; reason: string }

/**
 * Decides over one publish by HTTPS with a custom authorizer, which is asked for each request anew (EnableCachingForHttp has no effect
 * here). There is no client id: statements that name one do not match.
 */
export function createPublishGate(options: GateOptions): (request: PublishRequest) => Promise<PublishVerdict> {
  return async ({ requestId, serverName, http, remoteAddress, actions }) => {
    const domain = selectDomain(options.registry, 'https', serverName)
    if (typeof domain === 'string') return { ok: false, reason: domain }
    const answer = await askAuthorizer(options, domain, { connectionId: requestId, serverName, http })
    if (!answer.ok) return answer
    const context = connectionContext({
      authentication: 'CUSTOM_AUTH',
      sourceIp: remoteAddress,
      domainName: domain.domainName,
      isHttp: true,
    })
    for (const { action, resource } of actions) {
      const { decision } = evaluatePolicies(answer.policies, { action, resource, context })
      if (decision !== 'allowed') return { ok: false, reason: `${decision}: ${action} on ${resource}` }
    }
    return { ok: true, principalId: answer.principalId }
  }
}
