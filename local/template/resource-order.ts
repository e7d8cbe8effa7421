import { dependencyOrder } from './dependency-order.ts'
import type { TemplateDocument } from './document.ts'
import type { Scope } from './intrinsics.ts'
import type { JsonValue } from './json.ts'
import { resourceReferences } from './references.ts'

/** Logical ids of the resources whose condition holds, each after those it depends on. Throws UNRESOLVED_REFERENCE, TEMPLATE_CYCLE. */
export function resourceOrder(
  document: TemplateDocument,
  scope: Scope,
  parameters: ReadonlyMap<string, JsonValue>,
): string[] {
  const exists = (logicalId: string): boolean => {
    const resource = document.resources.get(logicalId)
    if (resource === undefined) return false
    return resource.condition === undefined || scope.condition(resource.condition, `Resources.${logicalId}.Condition`)
  }
  return dependencyOrder([...document.resources.keys()].filter(exists), (logicalId) => {
    const resource = document.resources.get(logicalId)
    if (resource === undefined) return []
    const dependencies: string[] = []
    for (const { name, path } of resourceReferences(resource, `Resources.${logicalId}`, scope)) {
      if (name.startsWith('AWS::') || parameters.has(name)) continue
      // Reports the missing name with its place before anything has been created.
      if (!exists(name)) scope.ref(name, path)
      dependencies.push(name)
    }
    for (const name of resource.dependsOn) {
      if (exists(name)) dependencies.push(name)
      else if (!document.resources.has(name)) scope.ref(name, `Resources.${logicalId}.DependsOn`)
    }
    return dependencies
  })
}
