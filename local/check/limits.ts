const IOT = 'https://docs.aws.amazon.com/general/latest/gr/iot-core.html'
const CLOUDFORMATION = 'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html'
const LAMBDA = 'https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html'
const EVENTS = 'https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html'
const STATES = 'https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html'
const IAM = 'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html'

/** One quota of AWS, for an account or a stack that has nothing else. */
export interface Quota {
  readonly limit: number
  readonly unit: string
  readonly source: string
}

const quota = (limit: number, unit: string, source: string): Quota => ({ limit, unit, source })

/** Where AWS can raise one, its page says so. */
export const QUOTAS = {
  resourcesOfStack: quota(500, 'resources in a stack', CLOUDFORMATION),
  parametersOfTemplate: quota(200, 'parameters in a template', CLOUDFORMATION),
  outputsOfTemplate: quota(200, 'outputs in a template', CLOUDFORMATION),
  templateBytes: quota(1_048_576, 'bytes of a template', CLOUDFORMATION),
  domainConfigurations: quota(10, 'domain configurations in an account and region', IOT),
  activeAuthorizers: quota(32, 'active authorizers in an account', IOT),
  authorizers: quota(100, 'authorizers in an account', IOT),
  rules: quota(1_000, 'topic rules in an account', IOT),
  rulePayloadBytes: quota(128 * 1024, 'bytes of a rule with its actions', IOT),
  /** A thing of a template can have no type; its registrar may give it one later. */
  attributesWithoutType: quota(3, 'attributes of a thing without a type', IOT),
  attributesWithType: quota(50, 'attributes of a thing', IOT),
  searchableAttributes: quota(3, 'searchable attributes of a thing type', IOT),
  environmentBytes: quota(4 * 1024, 'bytes of environment variables', LAMBDA),
  functionPolicyBytes: quota(20 * 1024, 'bytes of permissions of a function', LAMBDA),
  inlinePolicyCharacters: quota(10_240, 'characters of inline policies of a role, white space not counted', IAM),
  managedPolicyCharacters: quota(6_144, 'characters of a managed policy, white space not counted', IAM),
  trustPolicyCharacters: quota(2_048, 'characters of a trust policy', IAM),
  managedPoliciesOfRole: quota(10, 'managed policies of a role', IAM),
  eventPatternCharacters: quota(2_048, 'characters of an event pattern', EVENTS),
  eventRulesOfBus: quota(300, 'rules of an event bus', EVENTS),
  stateMachineBytes: quota(1_048_576, 'bytes of a state machine definition', STATES),
} as const satisfies Readonly<Record<string, Quota>>

export type QuotaName = keyof typeof QUOTAS

/** From this part of a quota on it is worth saying. */
export const NEAR = 0.8

/** https://docs.aws.amazon.com/iot/latest/developerguide/config-custom-auth.html */
export const AUTHORIZER_TIMEOUT_SECONDS = 5
/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iot-authorizer.html */
export const AUTHORIZER = {
  name: /^[\w=,@-]{1,128}$/,
  tokenKeyName: /^[a-zA-Z0-9_-]{1,128}$/,
  keyName: /^[a-zA-Z0-9:_-]{1,128}$/,
  maxKeyCharacters: 5_120,
  maxKeys: 2,
} as const
