import { MAX_ATTRIBUTE_VALUES } from './certificate-context.ts'
import { CONDITION_OPERATORS } from './condition-operators.ts'
import { MAX_CERTIFICATE_VALUE_CHARACTERS } from './request-context.ts'

const GUIDE = 'https://docs.aws.amazon.com/iot/latest/developerguide/'
const IAM = 'https://docs.aws.amazon.com/IAM/latest/UserGuide/'

/** One feature of policy documents: `honoured` as documented, `chosen` where the documentation is silent or says two things, `missing`. */
export interface PolicyParityRow {
  readonly feature: string
  readonly state: 'honoured' | 'chosen' | 'missing'
  readonly source: string
  readonly note?: string
}

/** What this evaluator does of what AWS documents. */
export const POLICY_PARITY: readonly PolicyParityRow[] = [
  row('Effect, Action, NotAction, Resource, NotResource, Sid, Version', `${IAM}reference_policies_grammar.html`),
  row('Explicit deny over allow over implicit deny', `${IAM}reference_policies_evaluation-logic.html`),
  row('Wildcards * and ?', `${GUIDE}pub-sub-policy.html`, 'both also match /; + and # are plain characters'),
  row('Escapes ${*} ${?} ${$}', `${GUIDE}iot-policy-variables.html`, 'the page prints them with parentheses'),
  row("Variables with defaults, ${key, 'text'}", `${IAM}reference_policies_variables.html`),
  ...[...CONDITION_OPERATORS.keys(), 'Null'].map((name) =>
    row(`Condition operator ${name}`, `${IAM}reference_policies_elements_condition_operators.html`),
  ),
  row(
    '…IfExists, ForAllValues:, ForAnyValue:',
    `${IAM}reference_policies_condition-single-vs-multi-valued-context-keys.html`,
  ),
  chosen(
    'ForAnyValue:…IfExists of an absent key',
    `${IAM}reference_policies_elements_condition_operators.html`,
    'does not hold, as the service was seen to do; the page alone would make it hold',
  ),
  row('iot:ClientId, aws:SourceIp, iot:DomainName', `${GUIDE}basic-policy-variables.html`),
  row('iot:ConnectAttributes, iot:LastWillTopic', `${GUIDE}connect-policy.html`),
  chosen(
    'Connect allowed without a condition on iot:ConnectAttributes',
    `${GUIDE}connect-policy.html`,
    'allows every attribute, as the examples show; another page says that a persistent connection must be named',
  ),
  row(
    'iot:Connection.Thing.ThingName, .ThingTypeName, .Attributes[name], .IsAttached',
    `${GUIDE}thing-policy-variables.html`,
  ),
  chosen(
    'Variables of things under CUSTOM_AUTH without a certificate',
    `${GUIDE}custom-auth-509cert.html`,
    'have no value: a token is no principal that things are attached to',
  ),
  row(
    'iot:CertificateId, iot:Certificate.Subject.*, .Issuer.*, .AlternativeName.*, .SerialNumber',
    `${GUIDE}cert-policy-variables.html`,
  ),
  row(
    '.List and numeric suffixes of certificate variables',
    `${GUIDE}cert-policy-variables.html`,
    '.1 is the second value',
  ),
  row(
    'Limits of certificate values',
    `${GUIDE}cert-policy-variables.html`,
    `${MAX_ATTRIBUTE_VALUES} values, ${MAX_CERTIFICATE_VALUE_CHARACTERS} characters, none with * $ + ? #`,
  ),
  chosen(
    'iot:Certificate.AvailableKeys',
    `${GUIDE}cert-policy-variables.html`,
    'names whole keys, with iot:Certificate. before; the form is not documented',
  ),
  row('Cognito and other keys', `${GUIDE}pub-sub-policy.html`, 'whatever key the context holds'),
  chosen(
    'A variable without value',
    `${GUIDE}thing-policy-examples.html`,
    'its statement does not apply, also when it denies',
  ),
  {
    feature: 'Cognito identities: role policy and IoT policy both needed',
    state: 'missing',
    source: `${GUIDE}pub-sub-policy.html`,
    note: 'evaluate each on its own',
  },
]

function row(feature: string, source: string, note?: string): PolicyParityRow {
  return { feature, state: 'honoured', source, ...(note !== undefined && { note }) }
}

function chosen(feature: string, source: string, note: string): PolicyParityRow {
  return { feature, state: 'chosen', source, note }
}
