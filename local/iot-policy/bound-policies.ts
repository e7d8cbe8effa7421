import type { CompiledPolicy } from './compile.ts'
import { type ApplicableStatement, applicableStatements, type Decision, decide } from './evaluate.ts'
import { type ContextValues, createRequestContext } from './request-context.ts'

/** How many resources are remembered for each action; the oldest answer goes first. */
export const MAX_REMEMBERED_RESOURCES = 1_000

/** Policies of one caller whose context does not change, for example of one connection. */
export interface BoundPolicies {
  /** What `evaluatePolicies` answers for this caller. Never throws. */
  decide(action: string, resource: string): Decision
}

/**
 * Binds policies to the context of one caller. For each action the statements that can apply are picked once, with their variables put
 * in, and decisions are remembered: the same question has the same answer as long as neither policies nor context change. Bind anew when
 * they do. A context that holds a time must not be bound.
 */
export function bindPolicies(policies: readonly CompiledPolicy[], values?: ContextValues): BoundPolicies {
  const context = createRequestContext(values)
  const actions = new Map<string, { statements: ApplicableStatement[]; remembered: Map<string, Decision> }>()

  function boundAction(action: string) {
    const known = actions.get(action)
    if (known !== undefined) return known
    const request = { lowerCaseAction: action.toLowerCase(), principal: undefined, context }
    const bound = { statements: applicableStatements(policies, request), remembered: new Map<string, Decision>() }
    actions.set(action, bound)
    return bound
  }

  return {
    decide(action, resource) {
      const { statements, remembered } = boundAction(action)
      const known = remembered.get(resource)
      if (known !== undefined) return known
      const decision = decide(statements, resource)
      if (remembered.size >= MAX_REMEMBERED_RESOURCES) remembered.delete(remembered.keys().next().value ?? '')
      remembered.set(resource, decision)
      return decision
    },
  }
}
