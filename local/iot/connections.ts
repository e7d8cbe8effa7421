import type { AuthorizeAction, AuthorizeRequest, ConnectAnswer, ConnectRequest, Decision } from '../broker/index.ts'
import { type CompiledPolicy, evaluatePolicies } from '../iot-policy/index.ts'
import { checkAuthorizerAnswer } from './authorizer-answer.ts'
import { authorizerEvent, requestedAuthorizer } from './authorizer-event.ts'
import { type Authorizer, type DomainConfiguration, type IotRegistry, isOpenLocally } from './registry.ts'

/** What the broker keeps of a connection and hands back for every decision. */
export interface ConnectionRights {
  policies: CompiledPolicy[]
  context: Record<string, string | string[]>
}

const ACTIONS: Readonly<Record<AuthorizeAction, { action: string; resource: string }>> = {
  connect: { action: 'iot:Connect', resource: 'client' },
  publish: { action: 'iot:Publish', resource: 'topic' },
  retainPublish: { action: 'iot:RetainPublish', resource: 'topic' },
  subscribe: { action: 'iot:Subscribe', resource: 'topicfilter' },
  receive: { action: 'iot:Receive', resource: 'topic' },
}

/** How a device gets in and what it may then do: the deployed authorizer function and the documents it returns. */
export function createConnectionGate(options: {
  registry: IotRegistry
  /** `arn:aws:iot:<region>:<account>`. */
  arnPrefix: string
  mayInvoke(request: { functionArn: string; sourceArn: string }): boolean
  invoke(functionArn: string, event: unknown): Promise<{ payload: unknown; functionError?: string }>
}) {
  const { registry, arnPrefix } = options

  function authorizerFor(domain: DomainConfiguration, username: string | undefined): Authorizer | string {
    const wanted = requestedAuthorizer(username) ?? domain.defaultAuthorizerName
    if (wanted !== domain.defaultAuthorizerName && !domain.allowAuthorizerOverride) {
      return `domain configuration ${domain.name} does not let clients name another authorizer`
    }
    const authorizer = registry.authorizers.get(wanted)
    return authorizer?.isActive ? authorizer : `there is no active authorizer ${wanted}`
  }

  return {
    /** MQTT over TLS: the enabled configuration for it, chosen by protocol as on AWS by host name. */
    async authenticate(request: ConnectRequest): Promise<ConnectAnswer<ConnectionRights>> {
      const domain = [...registry.domains.values()].find((one) => one.isEnabled && isOpenLocally(one))
      if (!domain) return { ok: false, reason: 'no domain configuration takes MQTT with a custom authorizer' }
      const authorizer = authorizerFor(domain, request.username)
      if (typeof authorizer === 'string') return { ok: false, reason: authorizer }
      if (!options.mayInvoke({ functionArn: authorizer.functionArn, sourceArn: authorizer.arn })) {
        return {
          ok: false,
          reason: `${authorizer.arn} may not invoke ${authorizer.functionArn}: it has no permission for it`,
        }
      }
      const { payload, functionError } = await options.invoke(authorizer.functionArn, authorizerEvent(request))
      if (functionError) return { ok: false, reason: `the authorizer failed: ${functionError}` }
      const answer = checkAuthorizerAnswer(payload)
      if (!answer.ok) return answer
      const { principalId, disconnectAfterSeconds, policies } = answer
      const context = {
        'iot:ClientId': request.clientId,
        'iot:DomainName': domain.domainName,
        'iot:ConnectAttributes': [
          ...(request.persistent ? ['PersistentConnect'] : []),
          ...(request.willTopic === undefined ? [] : ['LastWill']),
        ],
        'aws:SourceIp': request.remoteAddress,
      }
      return { ok: true, principalId, disconnectAfterSeconds, session: { policies, context } }
    },

    authorize({ action, name, authorization }: AuthorizeRequest<ConnectionRights>): Decision {
      const { action: iotAction, resource: kind } = ACTIONS[action]
      const resource = `${arnPrefix}:${kind}/${name}`
      const { policies, context } = authorization
      const { decision, statement } = evaluatePolicies(policies, { action: iotAction, resource, context })
      const where = statement ? `${statement.policy}, statement ${statement.index}` : 'no statement matches'
      return { allowed: decision === 'allowed', reason: `${decision}: ${iotAction} on ${resource} (${where})` }
    },
  }
}
