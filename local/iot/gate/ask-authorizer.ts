import type { CompiledPolicy } from '../../iot-policy/index.ts'
import { checkAuthorizerAnswer } from '../authorizer-answer.ts'
import type { Authorizer, DomainConfiguration, IotRegistry } from '../registry.ts'
import { type AuthorizerRequest, authorizerEvent } from './authorizer-event.ts'
import { customAuthParameters } from './custom-auth-parameters.ts'
import { checkTokenSignature } from './token-signature.ts'

export interface AuthorizerAccess {
  readonly registry: Pick<IotRegistry, 'authorizers'>
  mayInvoke(request: { functionArn: string; sourceArn: string }): boolean
  invoke(functionArn: string, event: unknown): Promise<{ payload: unknown; functionError?: string }>
}

export type AuthorizerVerdict =
  | {
      ok: true
      principalId: string
      policies: CompiledPolicy[]
      disconnectAfterSeconds: number
      refreshAfterSeconds?: number
    }
  | { ok: false; reason: string }

/** Asks the authorizer of an endpoint about a connection or a request. What the gateway itself refuses reaches no function. */
export async function askAuthorizer(
  access: AuthorizerAccess,
  domain: DomainConfiguration,
  request: AuthorizerRequest,
): Promise<AuthorizerVerdict> {
  const refuse = (reason: string): AuthorizerVerdict => ({ ok: false, reason })
  const parameters = customAuthParameters(request)
  const authorizer = authorizerFor(access, domain, parameters.authorizerName)
  if (typeof authorizer === 'string') return refuse(authorizer)
  const gateway = checkTokenSignature(authorizer, parameters)
  if (!gateway.ok) return gateway
  const { arn, functionArn } = authorizer
  if (!access.mayInvoke({ functionArn, sourceArn: arn })) {
    return refuse(`${arn} may not invoke ${functionArn}: it has no permission for it`)
  }
  const { payload, functionError } = await access.invoke(functionArn, authorizerEvent(request, gateway.checked))
  if (functionError) return refuse(`the authorizer failed: ${functionError}`)
  const answer = checkAuthorizerAnswer(payload, { policiesOptional: request.certificate !== undefined })
  if (!answer.ok || request.certificate === undefined) return answer
  const { certificateId } = request.certificate
  return answer.principalId === certificateId
    ? answer
    : refuse("the authorizer's principalId is not the id of the client's certificate")
}

function authorizerFor(
  { registry }: AuthorizerAccess,
  domain: DomainConfiguration,
  asked: string | undefined,
): Authorizer | string {
  const wanted = asked ?? domain.defaultAuthorizerName
  if (wanted !== domain.defaultAuthorizerName && !domain.allowAuthorizerOverride) {
    return `domain configuration ${domain.name} does not let clients name another authorizer`
  }
  const authorizer = registry.authorizers.get(wanted)
  return authorizer?.isActive ? authorizer : `there is no active authorizer ${wanted}`
}
