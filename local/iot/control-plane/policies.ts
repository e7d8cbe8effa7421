import { ApiError } from '../../aws-api/index.ts'
import { compilePolicy } from '../../iot-policy/index.ts'
import type { NamedPolicy } from '../registry.ts'
import {
  alreadyExists,
  bodyText,
  type Call,
  certificateOf,
  found,
  type Operation,
  onlyKnown,
  page,
  parameter,
} from './operation.ts'

const MARKERS = { token: 'marker', size: 'pageSize' }
const ofPath = (call: Call) => [`policy/${parameter(call, 'policy')}`]
const ofTarget = (call: Call) => [bodyText(call, 'target')]

/** Policies and the certificates they are attached to. Other targets are refused. */
export const POLICY_OPERATIONS: readonly Operation[] = [
  { method: 'POST', path: '/policies/{policy}', action: 'iot:CreatePolicy', resources: ofPath, run: createPolicy },
  {
    method: 'GET',
    path: '/policies/{policy}',
    action: 'iot:GetPolicy',
    resources: ofPath,
    run: (call) => ({ ...described(call, ofCall(call)), defaultVersionId: '1' }),
  },
  {
    method: 'GET',
    path: '/policies',
    action: 'iot:ListPolicies',
    resources: () => ['*'],
    run: (call) => listed(call, [...call.registry.policies.keys()]),
  },
  { method: 'DELETE', path: '/policies/{policy}', action: 'iot:DeletePolicy', resources: ofPath, run: deletePolicy },
  {
    method: 'PUT',
    path: '/target-policies/{policy}',
    action: 'iot:AttachPolicy',
    resources: ofTarget,
    run: (call) => change(call, (names, name) => [...names.filter((one) => one !== name), name].sort()),
  },
  {
    method: 'POST',
    path: '/target-policies/{policy}',
    action: 'iot:DetachPolicy',
    resources: ofTarget,
    run: (call) => change(call, (names, name) => names.filter((one) => one !== name)),
  },
  {
    method: 'POST',
    path: '/attached-policies/{target}',
    action: 'iot:ListAttachedPolicies',
    resources: (call) => [parameter(call, 'target')],
    run: (call) => listed(call, certificateOf(call, parameter(call, 'target')).policyNames),
  },
]

function ofCall(call: Call): NamedPolicy {
  const name = parameter(call, 'policy')
  return found(call.registry.policies.get(name), 'policy', name)
}

function listed(call: Call, names: readonly string[]) {
  const { items, next } = page(call, [...names].sort(), MARKERS)
  return {
    policies: items.map((policyName) => ({ policyName, policyArn: `${call.arnPrefix}:policy/${policyName}` })),
    nextMarker: next,
  }
}

function described(_: Call, { name, arn, document }: NamedPolicy) {
  return { policyName: name, policyArn: arn, policyDocument: JSON.stringify(document) }
}

function createPolicy(call: Call) {
  onlyKnown(call, 'CreatePolicy', ['policyDocument', 'tags'])
  const name = parameter(call, 'policy')
  const arn = `${call.arnPrefix}:policy/${name}`
  if (call.registry.policies.has(name)) throw alreadyExists('policy', name, arn)
  const policy: NamedPolicy = { name, arn, document: readDocument(call, name), fromApi: true }
  call.registry.policies.set(name, policy)
  return { ...described(call, policy), policyVersionId: '1' }
}

function readDocument(call: Call, name: string): unknown {
  try {
    const document: unknown = JSON.parse(bodyText(call, 'policyDocument'))
    compilePolicy(document, name)
    return document
  } catch (error) {
    if (error instanceof ApiError) throw error
    throw new ApiError('MalformedPolicyException', 400, error instanceof Error ? error.message : 'not valid')
  }
}

function deletePolicy(call: Call): void {
  const { name } = ofCall(call)
  if ([...call.registry.certificates.values()].some(({ policyNames }) => policyNames.includes(name))) {
    throw new ApiError('DeleteConflictException', 409, `policy ${name} is attached to a certificate`)
  }
  call.registry.policies.delete(name)
}

function change(call: Call, changed: (names: readonly string[], name: string) => string[]): void {
  const { name } = ofCall(call)
  const certificate = certificateOf(call, bodyText(call, 'target'))
  const policyNames = changed(certificate.policyNames, name)
  call.registry.certificates.set(certificate.certificateId, { ...certificate, policyNames })
}
