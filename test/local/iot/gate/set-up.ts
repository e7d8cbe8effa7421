import type { ConnectRequest } from '#local/broker/index.ts'
import { createConnectionGate, createPublishGate, type GateOptions } from '../../../../local/iot/gate/index.ts'
import { type Authorizer, createIotRegistry, type DomainConfiguration } from '../../../../local/iot/registry.ts'

export const AUTHORIZER_ARN = 'arn:aws:iot:us-east-1:000000000000:authorizer/tokens'
export const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:authorizer'
export const ARN_PREFIX = 'arn:aws:iot:us-east-1:000000000000'

export const request: ConnectRequest = {
  clientId: 'lamp-1',
  username: 'lamp-1',
  password: Buffer.from('a token'),
  protocolVersion: 5,
  transport: { remoteAddress: '127.0.0.1', serverName: 'localhost' },
  connectionId: '5f3b6d1e-7a0c-4c8e-9d55-0a6a2f6c9b11',
  persistent: false,
}

export function statement(action: string, resource: string, effect = 'Allow') {
  return {
    Version: '2012-10-17',
    Statement: [{ Effect: effect, Action: action, Resource: `${ARN_PREFIX}:${resource}` }],
  }
}

export const answer = {
  isAuthenticated: true,
  principalId: 'abc123',
  disconnectAfterInSeconds: 300,
  refreshAfterInSeconds: 300,
  policyDocuments: [statement('iot:Connect', 'client/${iot:ClientId}')],
}

interface GateAnswers {
  answer?: unknown
  functionError?: string
  mayInvoke?: boolean
}

/** A gate with one MQTT endpoint whose authorizer answers what it is told. */
export function createGate(options: GateAnswers = {}) {
  const registry = createIotRegistry()
  const authorizer: Authorizer = { name: 'tokens', arn: AUTHORIZER_ARN, functionArn: FUNCTION_ARN, isActive: true }
  const domain: DomainConfiguration = {
    name: 'mqtt',
    arn: `${ARN_PREFIX}:domainconfiguration/mqtt/local`,
    domainName: 'localhost',
    authenticationType: 'CUSTOM_AUTH',
    applicationProtocol: 'SECURE_MQTT',
    defaultAuthorizerName: 'tokens',
    allowAuthorizerOverride: false,
    securityPolicy: 'IoTSecurityPolicy_TLS13_1_3_2022_10',
    isEnabled: true,
  }
  registry.authorizers.set('tokens', authorizer)
  registry.domains.set('mqtt', domain)
  const invoked: { functionArn: string; event: unknown }[] = []
  const asked: unknown[] = []
  const gateOptions: GateOptions = {
    registry,
    arnPrefix: ARN_PREFIX,
    nowMs: () => Date.parse('2026-11-21T12:00:00Z'),
    mayInvoke(one) {
      asked.push(one)
      return options.mayInvoke ?? true
    },
    async invoke(functionArn, event) {
      invoked.push({ functionArn, event })
      const { functionError } = options
      return { payload: 'answer' in options ? options.answer : answer, ...(functionError && { functionError }) }
    },
  }
  const gate = createConnectionGate(gateOptions)
  return { gate, publishGate: createPublishGate(gateOptions), registry, authorizer, domain, invoked, asked }
}

/** Why the gate refuses. */
export async function refusal(options: GateAnswers, changes: Partial<ConnectRequest> = {}) {
  const result = await createGate(options).gate.authenticate({ ...request, ...changes })
  if (result.ok) throw new Error('the connection was let in')
  return result.reason
}
