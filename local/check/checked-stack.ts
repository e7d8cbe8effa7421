import type { ResourceContext } from '../resources/index.ts'
import { isJsonObject, type JsonObject, type JsonValue, type StackResource } from '../template/index.ts'
import type { Finding, Problem } from './problem.ts'
import { problem } from './problem.ts'

/** The stack that checks look at, and where they say what they find. */
export interface CheckedStack {
  readonly context: ResourceContext
  readonly template: JsonObject
  /** Those that could be made; the others have been told. */
  readonly resources: readonly StackResource[]
  /** Placeholders of the others. */
  readonly placeholders: readonly StackResource[]
  add(of: Pick<StackResource, 'logicalId' | 'type'>, finding: Finding): void
}

export type Check = (stack: CheckedStack) => void

/** The template as a whole. */
export const TEMPLATE = { logicalId: '', type: '' }

export function ofType({ resources }: CheckedStack, type: string): readonly StackResource[] {
  return resources.filter((one) => one.type === type)
}

/** The resource of a type that has this ARN or name. */
export function findResource(stack: CheckedStack, type: string, name: string): StackResource | undefined {
  return ofType(stack, type).find(({ ref, attribute }) => ref === name || attribute('Arn') === name)
}

/** Tells that something is not of this stack, or only follows from a resource that could not be made. */
export function addAbsent(stack: CheckedStack, of: StackResource, arn: string, what: string): void {
  const placeholder = stack.placeholders.find(({ attribute }) => attribute('Arn') === arn)
  if (placeholder) stack.add(of, { code: 'not_checked', what: `it refers to ${placeholder.logicalId}` })
  else stack.add(of, { code: 'unsupported_here', what })
}

export function objectAt(value: JsonValue | undefined, name: string): JsonObject {
  const inner = isJsonObject(value) ? value[name] : undefined
  return isJsonObject(inner) ? inner : {}
}

export function listAt(value: JsonValue | undefined, name: string): readonly JsonValue[] {
  const inner = isJsonObject(value) ? value[name] : undefined
  return Array.isArray(inner) ? inner : []
}

export function textAt(value: JsonValue | undefined, name: string): string | undefined {
  const inner = isJsonObject(value) ? value[name] : undefined
  return typeof inner === 'string' ? inner : undefined
}

export function collector(problems: Problem[]): CheckedStack['add'] {
  return (of, finding) => void problems.push(problem(of, finding))
}
