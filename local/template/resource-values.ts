import type { Created } from './emulator.ts'
import { isObject, type JsonValue } from './json.ts'
import { physicalName } from './physical-name.ts'
import type { PseudoParameters, ResourceValues } from './scope.ts'

/** Ref and Fn::GetAtt of what an emulator made. `A.B` finds the key `A.B`, or `B` inside the object `A`. */
export function createdValues(created: Created): ResourceValues {
  const attributes = created.attributes ?? {}
  return {
    ref: created.ref,
    attributeNames: Object.keys(attributes),
    attribute(name) {
      if (Object.hasOwn(attributes, name)) return attributes[name]
      let value: JsonValue | undefined = attributes
      for (const step of name.split('.')) {
        value = isObject(value) && Object.hasOwn(value, step) ? value[step] : undefined
      }
      return value
    },
  }
}

/** Deterministic stand-ins for a resource whose type has no emulator, so that the rest of the stack still starts. */
export function placeholderValues(type: string, logicalId: string, pseudo: PseudoParameters): ResourceValues {
  const name = physicalName(pseudo.stackName, logicalId)
  const service = (type.split('::')[1] ?? 'custom').toLowerCase()
  return {
    ref: name,
    attributeNames: ['any'],
    attribute(attribute) {
      if (!/Arn$/i.test(attribute)) return `${name}-${attribute}`
      return `arn:${pseudo.partition ?? 'aws'}:${service}:${pseudo.region}:${pseudo.accountId}:${name}`
    },
  }
}
