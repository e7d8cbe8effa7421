import { compilePolicy, evaluatePolicies, type StatementReference } from '../iot-policy/index.ts'

/** One action that a role's policy allows, and how often it was needed. */
export interface GrantUse {
  readonly role: string
  readonly policy: string
  /** Position in the document, from 0. */
  readonly statement: number
  /** As the policy has it, perhaps with wildcards. */
  readonly action: string
  readonly resources: readonly string[]
  /** Requests that this statement allowed. */
  readonly uses: number
}

/** Counts what grants are for. */
export interface GrantUseCounter {
  count(role: string, statement: StatementReference, action: string): void
  /** Every granted action of the given documents, in their order. NotAction is no list of actions and is left out. */
  report(policies: Iterable<{ role: string; policy: string; document: unknown }>): GrantUse[]
}

export function createGrantUseCounter(): GrantUseCounter {
  const counts = new Map<string, Map<string, number>>()
  return {
    count(role, { policy, index }, action) {
      const key = keyOf(role, policy, index)
      const actions = counts.get(key) ?? new Map<string, number>()
      actions.set(action, (actions.get(action) ?? 0) + 1)
      counts.set(key, actions)
    },
    report(policies) {
      return [...policies].flatMap(({ role, policy, document }) =>
        allowStatements(document).flatMap(({ statement, actions, resources }) => {
          const used = [...(counts.get(keyOf(role, policy, statement)) ?? [])]
          return actions.map((action) => {
            const covered = used.filter(([name]) => covers(action, name))
            const uses = covered.reduce((sum, [, count]) => sum + count, 0)
            return { role, policy, statement, action, resources, uses }
          })
        }),
      )
    },
  }
}

function keyOf(role: string, policy: string, statement: number): string {
  return JSON.stringify([role, policy, statement])
}

function allowStatements(document: unknown) {
  const { Statement } = (typeof document === 'string' ? JSON.parse(document) : document) as Record<string, unknown>
  const statements = [Statement].flat() as Record<string, unknown>[]
  return statements
    .map((one, statement) => ({ one, statement }))
    .filter(({ one }) => one.Effect === 'Allow')
    .map(({ one, statement }) => ({
      statement,
      actions: [one.Action ?? []].flat().map(String),
      resources: [one.Resource ?? '*'].flat().map(String),
    }))
}

function covers(pattern: string, action: string): boolean {
  const document = { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: pattern, Resource: '*' } }
  return evaluatePolicies([compilePolicy(document, 'grant')], { action, resource: '*' }).decision === 'allowed'
}
