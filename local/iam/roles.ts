import { type CompiledPolicy, compilePolicy } from '../iot-policy/index.ts'
import { putOwned } from '../state/index.ts'
import { IamError } from './errors.ts'

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
  /** Bounds what the other policies may allow. */
  readonly permissionsBoundaryArn?: string | undefined
  /** The trust policy. */
  readonly assumeRolePolicy: unknown
}

interface Policy {
  readonly compiled: CompiledPolicy
  /** As given. */
  readonly document: unknown
}

/** What a role has of a policy; `isOwn`: from its own definition, not attached by another resource. */
interface Attachment {
  readonly isOwn: boolean
}

export interface Role {
  readonly definition: RoleDefinition
  readonly trust: CompiledPolicy
  readonly inline: Map<string, Policy & Attachment>
  /** By ARN. */
  readonly managed: Map<string, Attachment>
}

/** Takes away what was put, unless something else has taken its place since. */
export type Remove = () => void

export const ROLE_ARN = /^arn:(?<partition>[\w-]+):iam::(?<account>\d{12}):role\/(?:.+\/)?[^/]+$/

/** Roles by name and ARN, with the policies they have now. Everything is checked before anything changes. */
export function createRoles() {
  const byName = new Map<string, Role>()
  const managedPolicies = new Map<string, Policy>()

  function named(roleName: string, of: string): Role {
    const role = byName.get(roleName)
    if (role !== undefined) return role
    throw new IamError('ROLE_NOT_FOUND', `${of} names role ${roleName}, which does not exist`)
  }

  function requireManaged(policyArn: string, roleName: string): void {
    if (managedPolicies.has(policyArn)) return
    const reason = 'the local runtime knows only managed policies of the template; write the statements into the role'
    throw new IamError('MANAGED_POLICY_UNKNOWN', `role ${roleName} uses ${policyArn}: ${reason}`)
  }

  /** With what other resources have attached to the one before. */
  function put(definition: RoleDefinition, before: Role | undefined): Remove {
    const { roleName, arn, inlinePolicies, managedPolicyArns, permissionsBoundaryArn: boundary } = definition
    if (!ROLE_ARN.test(arn)) throw new IamError('ARN_INVALID', `role ${roleName}: expected a role ARN, got ${arn}`)
    for (const policyArn of [...managedPolicyArns, ...(boundary ? [boundary] : [])]) requireManaged(policyArn, roleName)
    const attached = <Value extends Attachment>(map: Map<string, Value> | undefined) =>
      [...(map ?? [])].filter(([, { isOwn }]) => !isOwn)
    const own = inlinePolicies.map((policy) => [policy.PolicyName, ownPolicy(roleName, policy, true)] as const)
    return putOwned(byName, roleName, {
      definition,
      trust: compile(definition.assumeRolePolicy, `${roleName} trust policy`, true),
      inline: new Map([...attached(before?.inline), ...own]),
      managed: new Map([
        ...attached(before?.managed),
        ...managedPolicyArns.map((one) => [one, { isOwn: true }] as const),
      ]),
    })
  }

  return {
    define(definition: RoleDefinition): Remove {
      const { roleName } = definition
      if (byName.has(roleName)) throw new IamError('ROLE_EXISTS', `role ${roleName} is defined already`)
      return put(definition, undefined)
    },
    redefine: (definition: RoleDefinition): Remove => put(definition, byName.get(definition.roleName)),

    attach(roleNames: string | readonly string[], policy: NamedPolicy): Remove {
      const { PolicyName } = policy
      const roles = [roleNames].flat().map((roleName) => named(roleName, `policy ${PolicyName}`))
      const policies = roles.map((role) => ownPolicy(role.definition.roleName, policy, false))
      return all(
        roles.map(({ definition: { roleName } }, index) => {
          const value = policies[index]
          if (value) byName.get(roleName)?.inline.set(PolicyName, value)
          // the role may have been defined anew in the meantime: looked up again when the policy goes
          return () => {
            const inline = byName.get(roleName)?.inline
            if (inline?.get(PolicyName) === value) inline?.delete(PolicyName)
          }
        }),
      )
    },

    defineManaged: (policyArn: string, document: unknown): Remove =>
      putOwned(managedPolicies, policyArn, { compiled: compile(document, policyArn, false), document }),

    attachManaged(roleNames: string | readonly string[], policyArn: string): Remove {
      const names = [roleNames].flat()
      for (const roleName of names) {
        named(roleName, `policy ${policyArn}`)
        requireManaged(policyArn, roleName)
      }
      return all(
        names.map((roleName) => {
          const value = { isOwn: false }
          byName.get(roleName)?.managed.set(policyArn, value)
          return () => {
            const managed = byName.get(roleName)?.managed
            if (managed?.get(policyArn) === value) managed.delete(policyArn)
          }
        }),
      )
    },

    /** Undefined when there is none. */
    find: (roleArn: string) => {
      const role = byName.get(roleArn.slice(roleArn.lastIndexOf('/') + 1))
      return role?.definition.arn === roleArn ? role : undefined
    },

    /** What the role's policies allow, and what bounds them. */
    policiesOf({ inline, managed, definition }: Role) {
      const boundary = definition.permissionsBoundaryArn
      return {
        own: [
          ...[...inline.values()].map(({ compiled }) => compiled),
          ...[...managed.keys()].flatMap((policyArn) => managedPolicies.get(policyArn)?.compiled ?? []),
        ],
        boundary: boundary === undefined ? undefined : [managedPolicies.get(boundary)?.compiled ?? []].flat(),
      }
    },

    /** Every policy of every role, as given. */
    *documents() {
      for (const [role, { inline, managed }] of byName) {
        for (const [name, { document }] of inline) yield { role, policy: `${role}/${name}`, document }
        for (const policyArn of managed.keys()) {
          const policy = managedPolicies.get(policyArn)
          if (policy) yield { role, policy: policyArn, document: policy.document }
        }
      }
    },
  }
}

/** Throws POLICY_INVALID. */
export function compile(document: unknown, name: string, resourcePolicy: boolean): CompiledPolicy {
  try {
    return compilePolicy(document, name, { resourcePolicy })
  } catch (cause) {
    throw invalidPolicy(name, cause)
  }
}

export function invalidPolicy(name: string, cause: unknown): IamError {
  return new IamError('POLICY_INVALID', `${name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
}

function ownPolicy(roleName: string, { PolicyName, PolicyDocument }: NamedPolicy, isOwn: boolean): Policy & Attachment {
  const compiled = compile(PolicyDocument, `${roleName}/${PolicyName}`, false)
  return { compiled, document: PolicyDocument, isOwn }
}

function all(removes: readonly Remove[]): Remove {
  return () => {
    for (const remove of removes) remove()
  }
}
