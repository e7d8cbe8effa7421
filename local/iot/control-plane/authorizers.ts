import { randomUUID } from 'node:crypto'
import { ApiError } from '../../aws-api/index.ts'
import { checkAuthorizerAnswer } from '../authorizer-answer.ts'
import { checkTokenSignature } from '../gate/token-signature.ts'
import type { Authorizer } from '../registry.ts'
import { type Call, found, type Operation, onlyKnown, parameter } from './operation.ts'

const ofPath = (call: Call) => [`authorizer/${parameter(call, 'authorizer')}`]

export const AUTHORIZER_OPERATIONS: readonly Operation[] = [
  {
    method: 'GET',
    path: '/authorizer/{authorizer}',
    action: 'iot:DescribeAuthorizer',
    resources: ofPath,
    run(call) {
      const { name, arn, functionArn, isActive } = ofCall(call)
      return {
        authorizerDescription: {
          authorizerName: name,
          authorizerArn: arn,
          authorizerFunctionArn: functionArn,
          status: isActive ? 'ACTIVE' : 'INACTIVE',
        },
      }
    },
  },
  {
    method: 'POST',
    path: '/authorizer/{authorizer}/test',
    action: 'iot:TestInvokeAuthorizer',
    resources: ofPath,
    run: testInvoke,
  },
]

interface TestInput {
  token?: string
  tokenSignature?: string
  httpContext?: { headers?: Record<string, string>; queryString?: string }
  mqttContext?: { username?: string; password?: string; clientId?: string }
  tlsContext?: { serverName?: string }
}

function ofCall(call: Call): Authorizer {
  const name = parameter(call, 'authorizer')
  return found(call.registry.authorizers.get(name), 'authorizer', name)
}

/**
 * Asks the authorizer as a connection would, and where tokens must be signed only for one that is. What the service says of one that is not is not
 * documented; no connection would be let in. https://docs.aws.amazon.com/iot/latest/apireference/API_TestInvokeAuthorizer.html
 */
async function testInvoke(call: Call) {
  onlyKnown(call, 'TestInvokeAuthorizer', ['token', 'tokenSignature', 'httpContext', 'mqttContext', 'tlsContext'])
  const { token, tokenSignature, httpContext, mqttContext, tlsContext } = call.body as TestInput
  const authorizer = ofCall(call)
  const gateway = checkTokenSignature(
    // the token is given by itself, under no name
    { ...authorizer, tokenKeyName: authorizer.tokenKeyName ?? 'token' },
    { authorizerName: undefined, signature: tokenSignature, value: () => token },
  )
  if (!gateway.ok) return { isAuthenticated: false }
  const { payload, functionError } = await call.invokeAuthorizer(authorizer.functionArn, {
    ...gateway.checked,
    protocols: [...(tlsContext ? ['tls'] : []), ...(httpContext ? ['http'] : []), ...(mqttContext ? ['mqtt'] : [])],
    protocolData: {
      ...(tlsContext && { tls: tlsContext }),
      ...(httpContext && { http: httpContext }),
      ...(mqttContext && { mqtt: mqttContext }),
    },
    connectionMetadata: { id: randomUUID() },
  })
  if (functionError !== undefined) throw badAnswer(`the function failed: ${functionError}`)
  const { isAuthenticated, principalId, policyDocuments, refreshAfterInSeconds, disconnectAfterInSeconds } = (payload ??
    {}) as Record<string, unknown>
  if (isAuthenticated === false) return { isAuthenticated }
  const checked = checkAuthorizerAnswer(payload)
  if (!checked.ok) throw badAnswer(checked.reason)
  const documents = (policyDocuments as unknown[]).map((document) => JSON.stringify(document))
  return { isAuthenticated, principalId, policyDocuments: documents, refreshAfterInSeconds, disconnectAfterInSeconds }
}

function badAnswer(reason: string): ApiError {
  return new ApiError('InvalidResponseException', 400, reason)
}
