import { splitArn } from './arn.ts'
import { checkElements, type Place, placeAt, readObject, readTexts, refusal } from './document-reader.ts'

/** Tells whether the caller, an ARN, account number or service name, is meant. No caller is an anonymous one. */
export type PrincipalMatcher = (principal: string | undefined) => boolean

const PRINCIPAL_TYPES = ['AWS', 'Service', 'Federated', 'CanonicalUser']
const ACCOUNT_NUMBER = /^\d{12}$/

/**
 * Compiles a Principal element: `*`, or an object of AWS, Service, Federated and CanonicalUser. An account stands for all
 * its callers, a role for all its sessions; `*` for everyone. No other wildcard, as in IAM.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
export function compilePrincipal(value: unknown, place: Place): PrincipalMatcher {
  if (value === '*') return () => true
  const types = readObject(value, place, `"*" or an object of ${PRINCIPAL_TYPES.join(', ')}`)
  checkElements(types, place, PRINCIPAL_TYPES)
  const matchers = Object.entries(types).flatMap(([type, names]) =>
    readTexts(names, placeAt(place, type), 'a principal').map(({ text, place: namePlace }) => {
      if (text !== '*' && /[*?]/.test(text))
        throw refusal('MALFORMED', namePlace, '"*" or a principal without wildcard', text)
      return type === 'AWS' ? awsPrincipal(text) : otherPrincipal(text)
    }),
  )
  if (matchers.length === 0) throw refusal('MALFORMED', place, 'at least one principal', value)
  return (principal) => matchers.some((matches) => matches(principal))
}

function awsPrincipal(name: string): PrincipalMatcher {
  if (name === '*') return () => true
  const account = ACCOUNT_NUMBER.test(name) ? name : rootAccountOf(name)
  if (account !== undefined) return (principal) => principal !== undefined && accountOf(principal) === account
  const role = roleOf(name)
  return (principal) => principal === name || (role !== undefined && sessionRoleOf(principal) === role)
}

function otherPrincipal(name: string): PrincipalMatcher {
  if (name === '*') return (principal) => principal !== undefined && accountOf(principal) === undefined
  return (principal) => principal === name
}

function accountOf(principal: string): string | undefined {
  return ACCOUNT_NUMBER.test(principal) ? principal : splitArn(principal)?.[4]
}

function rootAccountOf(arn: string): string | undefined {
  const components = splitArn(arn)
  return components?.[2] === 'iam' && components[5] === 'root' ? components[4] : undefined
}

/** `arn:aws:iam::123456789012:role/path/name` as `aws:123456789012:name`: a session's ARN drops the path. */
function roleOf(arn: string): string | undefined {
  const [, partition, service, , account, resource = ''] = splitArn(arn) ?? []
  const name = /^role\/(?:.*\/)?([^/]+)$/.exec(resource)?.[1]
  return service === 'iam' && name !== undefined ? `${partition}:${account}:${name}` : undefined
}

function sessionRoleOf(principal = ''): string | undefined {
  const [, partition, service, , account, resource = ''] = splitArn(principal) ?? []
  const name = /^assumed-role\/([^/]+)\//.exec(resource)?.[1]
  return service === 'sts' && name !== undefined ? `${partition}:${account}:${name}` : undefined
}
