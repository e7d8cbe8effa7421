import { type Decision, evaluatePolicies } from '../iot-policy/index.ts'
import type { Caller, Credentials } from './caller.ts'
import { createCredentialStore } from './credential-store.ts'
import { IamError } from './errors.ts'
import { createFunctionPermissions, type FunctionPermission, type InvokeRequest } from './function-permissions.ts'
import { createGrantUseCounter, type GrantUse } from './grant-use.ts'
import { createResourcePolicies } from './resource-policies.ts'
import { createRoles, invalidPolicy, type NamedPolicy, type Remove, ROLE_ARN, type RoleDefinition } from './roles.ts'
import { reviewStatements, type StatementFinding } from './statement-review.ts'

/** Condition values by key, for example `{ 'secretsmanager:VersionStage': 'AWSCURRENT' }`. */
export type AuthorizationContext = Readonly<Record<string, string | readonly string[]>>

export interface Iam {
  /** Credentials of the person at this machine, allowed everything. */
  readonly developerCredentials: Credentials
  /** Throws ROLE_EXISTS, ARN_INVALID, MANAGED_POLICY_UNKNOWN or POLICY_INVALID. The credentials of a role that was removed allow nothing. Like all that returns a `Remove`: nothing has changed then. */
  defineRole(role: RoleDefinition): Remove
  /** Another definition of a role; what other resources attached to it stays. */
  redefineRole(role: RoleDefinition): Remove
  /** Adds a policy to roles, or replaces the one of that name. Throws ROLE_NOT_FOUND or POLICY_INVALID. */
  attachPolicy(roleNames: string | readonly string[], policy: NamedPolicy): Remove
  /** New random credentials for a session of the role; for a function, AWS uses its name as session name. */
  credentialsFor(roleArn: string, sessionName?: string): Credentials
  identify(accessKeyId: string, sessionToken?: string): Caller | undefined
  /** What the owner of an access key signs with; undefined when it is not one of this run. */
  secretAccessKey(accessKeyId: string): string | undefined
  /** A policy of its own that roles name by ARN; it must come before them. Throws POLICY_INVALID. */
  defineManagedPolicy(policyArn: string, document: unknown): Remove
  /** Adds a managed policy to roles. Throws ROLE_NOT_FOUND or MANAGED_POLICY_UNKNOWN. */
  attachManagedPolicy(roleNames: string | readonly string[], policyArn: string): Remove
  /** Adds a policy to a resource, such as a queue. Throws POLICY_INVALID. */
  attachResourcePolicy(resourceArn: string, policy: NamedPolicy): Remove
  /**
   * Decides by the caller's policies as they are now, its boundary and the policy of the resource, with the deciding statement.
   */
  authorize(caller: Caller, action: string, resource: string, context?: AuthorizationContext): Decision
  /** Decides for a service (`events.amazonaws.com`), which has no policies of its own: by the policy of the resource alone. */
  authorizeService(servicePrincipal: string, action: string, resource: string, context?: AuthorizationContext): Decision
  /** May the service (`lambda.amazonaws.com`) assume the role? By the role's trust policy. */
  mayAssume(roleArn: string, servicePrincipal: string, context?: AuthorizationContext): boolean
  /** Throws POLICY_INVALID. */
  defineFunctionPermission(permission: FunctionPermission): Remove
  mayInvoke(request: InvokeRequest): boolean
  /** Statements of roles that are wider than they should be, or that cannot apply. */
  findings(): StatementFinding[]
  /** Runs checks that ask what a role may do without need of it; they do not count as use. */
  uncounted(checks: () => void): void
  /** Every granted action and how often it was needed. */
  grantUse(): GrantUse[]
}

export interface IamOptions {
  /** Account of the developer; 12 digits. */
  readonly accountId?: string
  /** Default: the machine's clock. */
  readonly clock?: { nowMs(): number }
}

const DEVELOPER_STATEMENT = { policy: 'developer', index: 0 }

/**
 * Roles, their policies and the credentials of one run. Credentials are random for every run and kept in memory only, so
 * knowing an access key id and its session token is the proof of identity for the AWS APIs; HTTP APIs verify signatures as well.
 */
export function createIam(options: IamOptions = {}): Iam {
  const { accountId = '000000000000', clock = { nowMs: () => Date.now() } } = options
  const roles = createRoles()
  const credentials = createCredentialStore()
  const permissions = createFunctionPermissions()
  const resourcePolicies = createResourcePolicies()
  const use = createGrantUseCounter()
  let isCounting = true
  const developer: Caller = { kind: 'developer', arn: `arn:aws:iam::${accountId}:user/developer` }

  function roleByArn(roleArn: string) {
    const role = roles.find(roleArn)
    if (role === undefined) throw new IamError('ROLE_NOT_FOUND', `no role has the ARN ${roleArn}`)
    return role
  }

  return {
    developerCredentials: credentials.issue(developer),

    defineRole: (definition) => roles.define(definition),
    redefineRole: (definition) => roles.redefine(definition),
    attachPolicy: (roleNames, policy) => roles.attach(roleNames, policy),
    defineManagedPolicy: (policyArn, document) => roles.defineManaged(policyArn, document),
    attachManagedPolicy: (roleNames, policyArn) => roles.attachManaged(roleNames, policyArn),

    attachResourcePolicy(resourceArn, { PolicyName, PolicyDocument }) {
      try {
        return resourcePolicies.attach(resourceArn, PolicyName, PolicyDocument)
      } catch (cause) {
        throw invalidPolicy(`${PolicyName} on ${resourceArn}`, cause)
      }
    },

    credentialsFor(roleArn, sessionName = 'local') {
      const { roleName } = roleByArn(roleArn).definition
      const { partition, account } = ROLE_ARN.exec(roleArn)?.groups ?? {}
      const arn = `arn:${partition}:sts::${account}:assumed-role/${roleName}/${sessionName}`
      return credentials.issue({ kind: 'role', arn, roleArn, roleName })
    },

    identify: (accessKeyId, sessionToken) => credentials.identify(accessKeyId, sessionToken),
    secretAccessKey: (accessKeyId) => credentials.secretAccessKey(accessKeyId),

    authorize(caller, action, resource, context) {
      if (caller.kind === 'developer') return { decision: 'allowed', statement: DEVELOPER_STATEMENT }
      const role = roles.find(caller.roleArn)
      const { own: policies, boundary } = role ? roles.policiesOf(role) : { own: [], boundary: undefined }
      const nowMs = clock.nowMs()
      const request = {
        action,
        resource,
        principal: caller.arn,
        context: {
          'aws:PrincipalArn': caller.roleArn,
          'aws:PrincipalAccount': caller.roleArn.split(':')[4] ?? '',
          'aws:CurrentTime': new Date(nowMs).toISOString(),
          'aws:EpochTime': String(Math.floor(nowMs / 1000)),
          // Loopback has no TLS; a role must not lose here what it has over HTTPS.
          'aws:SecureTransport': 'true',
          ...context,
        },
      }
      const own = evaluatePolicies(policies, request)
      const ofResource = resourcePolicies.decide(request)
      const bound = boundary === undefined ? own : evaluatePolicies(boundary, request)
      const denial = [own, bound, ofResource].find(({ decision }) => decision === 'explicitDeny')
      if (denial !== undefined) return denial
      const allow = own.decision === 'allowed' ? own : ofResource
      if (boundary !== undefined && bound.decision !== 'allowed') return { decision: 'implicitDeny' }
      if (isCounting && own.decision === 'allowed') use.count(caller.roleName, own.statement, action)
      return allow
    },

    authorizeService: (servicePrincipal, action, resource, context) =>
      resourcePolicies.decide({ action, resource, principal: servicePrincipal, context }),

    mayAssume(roleArn, servicePrincipal, context) {
      const role = roleByArn(roleArn)
      const request = { action: 'sts:AssumeRole', resource: roleArn, principal: servicePrincipal, context }
      return evaluatePolicies([role.trust], request).decision === 'allowed'
    },

    defineFunctionPermission(permission) {
      try {
        return permissions.define(permission)
      } catch (cause) {
        throw invalidPolicy(`permission on ${permission.functionArn}`, cause)
      }
    },

    mayInvoke: (request) => permissions.mayInvoke(request),

    findings: () =>
      [...roles.documents()].flatMap(({ role, policy, document }) => reviewStatements(document, role, policy)),
    uncounted(checks) {
      isCounting = false
      try {
        checks()
      } finally {
        isCounting = true
      }
    },
    grantUse: () => use.report(roles.documents()),
  }
}
