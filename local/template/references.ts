import type { ResourceDefinition } from './document.ts'
import { intrinsicName, type Scope, splitAttribute, substitutedNames } from './intrinsics.ts'
import { isList, isObject, type JsonValue } from './json.ts'

export interface Reference {
  readonly name: string
  readonly path: string
}

/** Every name that a resource refers to, in the order of the template; of Fn::If only the branch taken. */
export function resourceReferences(
  resource: ResourceDefinition,
  path: string,
  scope: Pick<Scope, 'condition'>,
): Reference[] {
  const found: Reference[] = []
  collect(resource.properties, `${path}.Properties`, scope, (reference) => found.push(reference))
  return found
}

function collect(
  value: JsonValue,
  path: string,
  scope: Pick<Scope, 'condition'>,
  add: (reference: Reference) => void,
): void {
  if (isList(value)) {
    for (const [index, item] of value.entries()) collect(item, `${path}[${index}]`, scope, add)
    return
  }
  if (!isObject(value)) return
  const name = intrinsicName(value, path)
  const argument = name === undefined ? undefined : value[name]
  const inner = `${path}.${name ?? ''}`
  if (name === 'Ref' && typeof argument === 'string') {
    add({ name: argument, path: inner })
  } else if (name === 'Fn::GetAtt' && argument !== undefined) {
    const [logicalId, attribute] = splitAttribute(argument, inner)
    add({ name: logicalId, path: inner })
    collect(attribute, inner, scope, add)
  } else if (name === 'Fn::Sub' && argument !== undefined) {
    const [text, variables] = isList(argument) ? argument : [argument, {}]
    const ownVariables = isObject(variables) ? variables : {}
    for (const substituted of typeof text === 'string' ? substitutedNames(text, ownVariables) : []) {
      add({ name: firstSegment(substituted), path: inner })
    }
    collect(ownVariables, inner, scope, add)
  } else if (name === 'Fn::If' && isList(argument) && typeof argument[0] === 'string') {
    const branch = argument[scope.condition(argument[0], inner) ? 1 : 2]
    if (branch !== undefined) collect(branch, inner, scope, add)
  } else {
    for (const [key, member] of Object.entries(value)) collect(member, `${path}.${key}`, scope, add)
  }
}

function firstSegment(name: string): string {
  const dot = name.indexOf('.')
  return dot === -1 ? name : name.slice(0, dot)
}
