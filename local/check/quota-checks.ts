import { isJsonObject, type JsonValue, type StackResource } from '../template/index.ts'
import { type CheckedStack, listAt, objectAt, ofType, TEMPLATE } from './checked-stack.ts'
import { NEAR, QUOTAS, type QuotaName } from './limits.ts'
import type { Finding } from './problem.ts'

/** What a number says of its quota; undefined where there is room. */
export function quotaFinding(name: QuotaName, found: number, of = ''): Finding | undefined {
  const { limit, unit, source } = QUOTAS[name]
  const what = `${of}${found.toLocaleString('en-US')} of ${limit.toLocaleString('en-US')} ${unit}`
  if (found > limit) return { code: 'quota_exceeded', what, source }
  return found > limit * NEAR ? { code: 'quota_near', what, source } : undefined
}

/** Numbers and sizes, of the stack and of each resource. */
export function checkQuotas(stack: CheckedStack): void {
  const { template } = stack
  const hold = (of: Pick<StackResource, 'logicalId' | 'type'>, name: QuotaName, found: number) => {
    const finding = quotaFinding(name, found)
    if (finding) stack.add(of, finding)
  }
  const members = (section: string) => Object.keys(objectAt(template, section)).length

  hold(TEMPLATE, 'resourcesOfStack', members('Resources'))
  hold(TEMPLATE, 'parametersOfTemplate', members('Parameters'))
  hold(TEMPLATE, 'outputsOfTemplate', members('Outputs'))
  hold(TEMPLATE, 'templateBytes', bytes(template))
  hold(TEMPLATE, 'domainConfigurations', ofType(stack, 'AWS::IoT::DomainConfiguration').length)
  const authorizers = ofType(stack, 'AWS::IoT::Authorizer')
  hold(TEMPLATE, 'authorizers', authorizers.length)
  const active = authorizers.filter(({ properties }) => properties.Status !== 'INACTIVE')
  hold(TEMPLATE, 'activeAuthorizers', active.length)
  hold(TEMPLATE, 'rules', ofType(stack, 'AWS::IoT::TopicRule').length)

  const rulesByBus = Map.groupBy(stack.context.events.registry.rules.values(), ({ busName }) => busName)
  for (const [, rules] of rulesByBus) hold(TEMPLATE, 'eventRulesOfBus', rules.length)

  for (const resource of stack.resources) {
    const { type, properties } = resource
    switch (type) {
      case 'AWS::IoT::TopicRule':
        hold(resource, 'rulePayloadBytes', bytes(properties.TopicRulePayload))
        break
      case 'AWS::IoT::Thing':
        hold(resource, 'attributesWithoutType', attributesOf(properties.AttributePayload))
        break
      case 'AWS::IoT::ThingType': {
        const searchable = listAt(objectAt(properties, 'ThingTypeProperties'), 'SearchableAttributes')
        hold(resource, 'searchableAttributes', searchable.length)
        break
      }
      case 'AWS::Lambda::Function':
        hold(resource, 'environmentBytes', environmentBytes(properties.Environment))
        hold(resource, 'functionPolicyBytes', functionPolicyBytes(stack, resource))
        break
      case 'AWS::IAM::Role':
        hold(resource, 'trustPolicyCharacters', characters(properties.AssumeRolePolicyDocument))
        hold(resource, 'managedPoliciesOfRole', listAt(properties, 'ManagedPolicyArns').length)
        hold(resource, 'inlinePolicyCharacters', inlinePolicyCharacters(stack, resource))
        break
      case 'AWS::IAM::ManagedPolicy':
        hold(resource, 'managedPolicyCharacters', characters(properties.PolicyDocument))
        break
    }
  }
}

function bytes(value: JsonValue | undefined): number {
  return Buffer.byteLength(JSON.stringify(value ?? null))
}

function characters(document: JsonValue | undefined): number {
  return JSON.stringify(document ?? '').replace(/\s/g, '').length
}

function attributesOf(payload: JsonValue | undefined): number {
  return Object.keys(objectAt(payload, 'Attributes')).length
}

function environmentBytes(environment: JsonValue | undefined): number {
  const variables = Object.entries(objectAt(environment, 'Variables'))
  return variables.reduce((sum, [name, value]) => sum + Buffer.byteLength(name + String(value)), 0)
}

/** As the service writes it: a statement for each permission. */
function functionPolicyBytes(stack: CheckedStack, { ref, attribute }: StackResource): number {
  const permissions = ofType(stack, 'AWS::Lambda::Permission').filter(({ properties }) =>
    [ref, attribute('Arn')].includes(properties.FunctionName ?? null),
  )
  return bytes(permissions.map(({ logicalId, properties }) => ({ Sid: logicalId, ...properties })))
}

/** Its own, and those that AWS::IAM::Policy attaches. */
function inlinePolicyCharacters(stack: CheckedStack, { ref, properties }: StackResource): number {
  const attached = ofType(stack, 'AWS::IAM::Policy').filter((policy) =>
    listAt(policy.properties, 'Roles').includes(ref),
  )
  const own = listAt(properties, 'Policies').filter(isJsonObject)
  const documents = [
    ...own.map(({ PolicyDocument }) => PolicyDocument),
    ...attached.map(({ properties: p }) => p.PolicyDocument),
  ]
  return documents.reduce<number>((sum, document) => sum + characters(document), 0)
}
