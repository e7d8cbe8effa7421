import { type CompiledPolicy, compilePolicy, type Decision, evaluatePolicies } from '../iot-policy/index.ts'
import type { Caller, Credentials } from './caller.ts'
import { createCredentialStore } from './credential-store.ts'
import { IamError } from './errors.ts'
import { createFunctionPermissions, type FunctionPermission, type InvokeRequest } from './function-permissions.ts'

/** A policy document under its name, as in `AWS::IAM::Role` and `AWS::IAM::Policy`. */
export interface NamedPolicy {
  readonly PolicyName: string
  readonly PolicyDocument: unknown
}

export interface RoleDefinition {
  readonly roleName: string
  readonly arn: string
  readonly inlinePolicies: readonly NamedPolicy[]
  readonly managedPolicyArns: readonly string[]
  /** The trust policy. */
  readonly assumeRolePolicy: unknown
}

/** Condition values by key, for example `{ 'secretsmanager:VersionStage': 'AWSCURRENT' }`. */
export type AuthorizationContext = Readonly<Record<string, string | readonly string[]>>

export interface Iam {
  /** Credentials of the person at this machine, allowed everything. */
  readonly developerCredentials: Credentials
  /** Throws ROLE_EXISTS, ARN_INVALID, MANAGED_POLICY_UNKNOWN or POLICY_INVALID. */
  defineRole(role: RoleDefinition): void
  /** Adds a policy to a role, or replaces the one of that name. Throws ROLE_NOT_FOUND or POLICY_INVALID. */
  attachPolicy(roleName: string, policy: NamedPolicy): void
  /** Forgets the role; its credentials are still known but allow nothing. */
  removeRole(roleName: string): void
  /** New random credentials for a session of the role; for a function, AWS uses its name as session name. */
  credentialsFor(roleArn: string, sessionName?: string): Credentials
  identify(accessKeyId: string, sessionToken?: string): Caller | undefined
  /** Decides by the caller's policies as they are now, with the deciding statement. */
  authorize(caller: Caller, action: string, resource: string, context?: AuthorizationContext): Decision
  /** May the service (`lambda.amazonaws.com`) assume the role? By the role's trust policy. */
  mayAssume(roleArn: string, servicePrincipal: string): boolean
  /** Throws POLICY_INVALID. */
  defineFunctionPermission(permission: FunctionPermission): void
  mayInvoke(request: InvokeRequest): boolean
}

export interface IamOptions {
  /** Account of the developer; 12 digits. */
  readonly accountId?: string
  /** Default: the machine's clock. */
  readonly clock?: { nowMs(): number }
}

interface Role {
  readonly definition: RoleDefinition
  readonly policies: Map<string, CompiledPolicy>
  readonly trust: CompiledPolicy
}

const ROLE_ARN = /^arn:(?<partition>[\w-]+):iam::(?<account>\d{12}):role\/(?:.+\/)?[^/]+$/
const DEVELOPER_STATEMENT = { policy: 'developer', index: 0 }

/**
 * Roles, their policies and the credentials of one run. Credentials are random for every run and kept in memory only, so
 * knowing an access key id and its session token is the proof of identity here; request signatures are not verified.
 */
export function createIam(options: IamOptions = {}): Iam {
  const { accountId = '000000000000', clock = { nowMs: () => Date.now() } } = options
  const roles = new Map<string, Role>()
  const rolesByArn = new Map<string, Role>()
  const credentials = createCredentialStore()
  const permissions = createFunctionPermissions()
  const developer: Caller = { kind: 'developer', arn: `arn:aws:iam::${accountId}:user/developer` }

  function roleByArn(roleArn: string): Role {
    const role = rolesByArn.get(roleArn)
    if (role === undefined) throw new IamError('ROLE_NOT_FOUND', `no role has the ARN ${roleArn}`)
    return role
  }

  return {
    developerCredentials: credentials.issue(developer),

    defineRole(definition) {
      const { roleName, arn, inlinePolicies, managedPolicyArns } = definition
      if (roles.has(roleName)) throw new IamError('ROLE_EXISTS', `role ${roleName} is defined already`)
      if (!ROLE_ARN.test(arn)) throw new IamError('ARN_INVALID', `role ${roleName}: expected a role ARN, got ${arn}`)
      const [managed] = managedPolicyArns
      if (managed !== undefined) {
        const reason = 'managed policies are not known to the local runtime; write the statements into the role'
        throw new IamError('MANAGED_POLICY_UNKNOWN', `role ${roleName} uses ${managed}: ${reason}`)
      }
      const trust = compile(definition.assumeRolePolicy, `${roleName} trust policy`, true)
      const role: Role = { definition, policies: new Map(), trust }
      for (const policy of inlinePolicies) addPolicy(role, policy)
      roles.set(roleName, role)
      rolesByArn.set(arn, role)
    },

    attachPolicy(roleName, policy) {
      const role = roles.get(roleName)
      if (role === undefined) {
        throw new IamError('ROLE_NOT_FOUND', `policy ${policy.PolicyName} names role ${roleName}, which does not exist`)
      }
      addPolicy(role, policy)
    },

    removeRole(roleName) {
      const role = roles.get(roleName)
      if (role === undefined) return
      roles.delete(roleName)
      rolesByArn.delete(role.definition.arn)
    },

    credentialsFor(roleArn, sessionName = 'local') {
      const { roleName } = roleByArn(roleArn).definition
      const { partition, account } = ROLE_ARN.exec(roleArn)?.groups ?? {}
      const arn = `arn:${partition}:sts::${account}:assumed-role/${roleName}/${sessionName}`
      return credentials.issue({ kind: 'role', arn, roleArn, roleName })
    },

    identify: (accessKeyId, sessionToken) => credentials.identify(accessKeyId, sessionToken),

    authorize(caller, action, resource, context) {
      if (caller.kind === 'developer') return { decision: 'allowed', statement: DEVELOPER_STATEMENT }
      const policies = rolesByArn.get(caller.roleArn)?.policies.values() ?? []
      const nowMs = clock.nowMs()
      return evaluatePolicies([...policies], {
        action,
        resource,
        context: {
          'aws:PrincipalArn': caller.roleArn,
          'aws:PrincipalAccount': caller.roleArn.split(':')[4] ?? '',
          'aws:CurrentTime': new Date(nowMs).toISOString(),
          'aws:EpochTime': String(Math.floor(nowMs / 1000)),
          // Loopback has no TLS; a role must not lose here what it has over HTTPS.
          'aws:SecureTransport': 'true',
          ...context,
        },
      })
    },

    mayAssume(roleArn, servicePrincipal) {
      const role = roleByArn(roleArn)
      const request = { action: 'sts:AssumeRole', resource: roleArn, principal: servicePrincipal }
      return evaluatePolicies([role.trust], request).decision === 'allowed'
    },

    defineFunctionPermission(permission) {
      try {
        permissions.define(permission)
      } catch (cause) {
        throw invalidPolicy(`permission on ${permission.functionArn}`, cause)
      }
    },

    mayInvoke: (request) => permissions.mayInvoke(request),
  }
}

function addPolicy(role: Role, policy: NamedPolicy): void {
  const { roleName } = role.definition
  role.policies.set(policy.PolicyName, compile(policy.PolicyDocument, `${roleName}/${policy.PolicyName}`, false))
}

function compile(document: unknown, name: string, resourcePolicy: boolean): CompiledPolicy {
  try {
    return compilePolicy(document, name, { resourcePolicy })
  } catch (cause) {
    throw invalidPolicy(name, cause)
  }
}

function invalidPolicy(name: string, cause: unknown): IamError {
  return new IamError('POLICY_INVALID', `${name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
}
