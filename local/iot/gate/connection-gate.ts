import type { AuthorizeAction, AuthorizeRequest, ConnectAnswer, ConnectRequest, Decision } from '../../broker/index.ts'
import {
  type BoundPolicies,
  bindPolicies,
  type CompiledPolicy,
  type ConnectionThing,
  compilePolicy,
  connectionContext,
} from '../../iot-policy/index.ts'
import { ENDPOINT_KINDS, type EndpointKind, selectDomain } from '../endpoint-kinds.ts'
import type { Certificate, IotRegistry } from '../registry.ts'
import { type AuthorizerAccess, type AuthorizerVerdict, askAuthorizer } from './ask-authorizer.ts'
import { type CheckedCertificate, checkClientCertificate } from './client-certificate.ts'

/** What the broker keeps of a connection and hands back for every decision. */
export type ConnectionRights = BoundPolicies

const ACTIONS: Readonly<Record<AuthorizeAction, { action: string; resource: string }>> = {
  connect: { action: 'iot:Connect', resource: 'client' },
  publish: { action: 'iot:Publish', resource: 'topic' },
  retainPublish: { action: 'iot:RetainPublish', resource: 'topic' },
  subscribe: { action: 'iot:Subscribe', resource: 'topicfilter' },
  receive: { action: 'iot:Receive', resource: 'topic' },
}

/** A certificate alone: it is the principal, and nothing ends its authorization. */
type CertificateVerdict = { ok: true; principalId: string; policies: CompiledPolicy[] }

export interface GateOptions extends AuthorizerAccess {
  registry: IotRegistry
  /** `arn:aws:iot:<region>:<account>`. */
  arnPrefix: string
  nowMs(): number
}

/** How a device gets in and what it may then do: the deployed authorizer function and the documents it returns. */
export function createConnectionGate(options: GateOptions) {
  const { registry, arnPrefix, nowMs } = options

  return {
    /** MQTT, over TLS or a WebSocket, with token, certificate or both, as the listener says. */
    async authenticate(request: ConnectRequest): Promise<ConnectAnswer<ConnectionRights>> {
      const { serverName, listener = 'mqtt', http, clientCertificatePem, remoteAddress } = request.transport
      const kind = listener as EndpointKind
      const domain = selectDomain(registry, kind, serverName)
      if (typeof domain === 'string') return { ok: false, reason: domain }
      const { authenticationType } = ENDPOINT_KINDS[kind]
      let checked: Extract<CheckedCertificate, { ok: true }> | undefined
      if (authenticationType !== 'CUSTOM_AUTH') {
        const certificate = checkClientCertificate(clientCertificatePem, registry, nowMs())
        if (!certificate.ok) return certificate
        checked = certificate
      }
      const { clientId, username, password, connectionId } = request
      const certificateId = checked?.registered.certificateId
      const answer: AuthorizerVerdict | CertificateVerdict =
        authenticationType === 'AWS_X509'
          ? { ok: true, principalId: certificateId ?? '', policies: [] }
          : await askAuthorizer(options, domain, {
              connectionId,
              serverName,
              http,
              mqtt: { clientId, username, password },
              certificate: checked && { pem: checked.pem, certificateId: checked.registered.certificateId },
            })
      if (!answer.ok) return answer
      const { policies, ...granted } = answer
      const thing = checked && thingOf(registry, checked.registered, clientId)
      const context = connectionContext({
        authentication: authenticationType,
        clientId,
        sourceIp: remoteAddress,
        domainName: domain.domainName,
        connectAttributes: [
          ...(request.persistent ? ['PersistentConnect'] : []),
          ...(request.willTopic === undefined ? [] : ['LastWill']),
        ],
        lastWillTopicArn: request.willTopic === undefined ? undefined : `${arnPrefix}:topic/${request.willTopic}`,
        thing,
        certificate: checked?.facts,
      })
      // the rights are those of the certificate's policies and, with a token, of the answer together
      const attached = checked ? attachedPolicies(registry, checked.registered) : []
      const session = bindPolicies([...policies, ...attached], context)
      return { ...granted, session, ...(thing && { thingName: thing.name }) }
    },

    authorize({ action, name, authorization }: AuthorizeRequest<ConnectionRights>): Decision {
      const { action: iotAction, resource: kind } = ACTIONS[action]
      const resource = `${arnPrefix}:${kind}/${name}`
      const { decision, statement } = authorization.decide(iotAction, resource)
      const where = statement ? `${statement.policy}, statement ${statement.index}` : 'no statement matches'
      return { allowed: decision === 'allowed', reason: `${decision}: ${iotAction} on ${resource} (${where})` }
    },
  }
}

/** The thing of a certificate that has the client's name. */
function thingOf({ things }: IotRegistry, { thingNames }: Certificate, clientId: string): ConnectionThing | undefined {
  const thing = thingNames.includes(clientId) ? things.get(clientId) : undefined
  return thing && { name: thing.thingName, typeName: thing.thingTypeName, attributes: thing.attributes }
}

function attachedPolicies({ policies }: IotRegistry, { policyNames }: Certificate): CompiledPolicy[] {
  return policyNames.flatMap((name) => {
    const policy = policies.get(name)
    return policy ? [compilePolicy(policy.document, name)] : []
  })
}
