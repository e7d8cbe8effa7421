import { TemplateError } from './errors.ts'
import { isList, isObject, type JsonObject, type JsonValue, quote } from './json.ts'

export interface ResourceDefinition {
  readonly type: string
  readonly properties: JsonObject
  readonly dependsOn: readonly string[]
  readonly condition: string | undefined
  readonly metadata: JsonObject | undefined
  /** Attributes beside the properties that have no effect here, for example `CreationPolicy`. */
  readonly ignored: readonly string[]
}

/** A CloudFormation template whose outer shape has been checked. */
export interface TemplateDocument {
  readonly parameters: JsonObject
  readonly conditions: JsonObject
  readonly mappings: JsonObject
  readonly resources: ReadonlyMap<string, ResourceDefinition>
  readonly outputs: JsonObject
  /** Sections that have no effect here, for example `Rules`. */
  readonly ignoredSections: readonly string[]
}

const USED_SECTIONS = new Set(['Parameters', 'Conditions', 'Mappings', 'Resources', 'Outputs'])
const SILENT_SECTIONS = new Set(['AWSTemplateFormatVersion', 'Description', 'Metadata'])
// Disposing a local resource never deletes its data, which is what both policies could ask for.
const USED_ATTRIBUTES = new Set([
  'Type',
  'Properties',
  'DependsOn',
  'Condition',
  'Metadata',
  'DeletionPolicy',
  'UpdateReplacePolicy',
])

/** Checks the outer shape of a template; throws TEMPLATE_MALFORMED, or UNSUPPORTED_INTRINSIC for macros. */
export function readTemplate(template: unknown): TemplateDocument {
  if (!isObject(template)) throw malformed('', 'a template object', template)
  if (template.Transform !== undefined) {
    throw new TemplateError(
      'UNSUPPORTED_INTRINSIC',
      'Transform',
      'macros cannot be run locally; synthesize without them',
    )
  }
  const resources = new Map<string, ResourceDefinition>()
  for (const [logicalId, resource] of Object.entries(section(template, 'Resources'))) {
    resources.set(logicalId, readResource(resource, `Resources.${logicalId}`))
  }
  return {
    parameters: section(template, 'Parameters'),
    conditions: section(template, 'Conditions'),
    mappings: section(template, 'Mappings'),
    resources,
    outputs: section(template, 'Outputs'),
    ignoredSections: Object.keys(template).filter((name) => !USED_SECTIONS.has(name) && !SILENT_SECTIONS.has(name)),
  }
}

function section(template: JsonObject, name: string): JsonObject {
  const value = template[name] ?? {}
  if (!isObject(value)) throw malformed(name, 'an object', value)
  return value
}

function readResource(resource: JsonValue, path: string): ResourceDefinition {
  if (!isObject(resource)) throw malformed(path, 'an object', resource)
  const { Type, Properties = {}, Condition, Metadata } = resource
  if (typeof Type !== 'string') throw malformed(`${path}.Type`, 'a resource type', Type)
  if (!isObject(Properties)) throw malformed(`${path}.Properties`, 'an object', Properties)
  if (Condition !== undefined && typeof Condition !== 'string') {
    throw malformed(`${path}.Condition`, 'the name of a condition', Condition)
  }
  return {
    type: Type,
    properties: Properties,
    dependsOn: readDependsOn(resource.DependsOn, `${path}.DependsOn`),
    condition: Condition,
    metadata: isObject(Metadata) ? Metadata : undefined,
    ignored: Object.keys(resource).filter((name) => !USED_ATTRIBUTES.has(name)),
  }
}

function readDependsOn(value: JsonValue | undefined, path: string): string[] {
  if (value === undefined) return []
  const names = isList(value) ? value : [value]
  return names.map((name) => {
    if (typeof name !== 'string') throw malformed(path, 'logical ids', name)
    return name
  })
}

export function malformed(path: string, expected: string, got: unknown): TemplateError {
  return new TemplateError('TEMPLATE_MALFORMED', path, `expected ${expected}, got ${quote(got)}`)
}
