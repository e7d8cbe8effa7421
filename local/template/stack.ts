import { dependencyOrder } from './dependency-order.ts'
import { readTemplate, type TemplateDocument } from './document.ts'
import { type Created, findEmulator, type Registry } from './emulator.ts'
import { TemplateError } from './errors.ts'
import { evaluateMembers, type Scope } from './intrinsics.ts'
import type { JsonObject, JsonValue } from './json.ts'
import { evaluateOutputs } from './outputs.ts'
import { parameterValues } from './parameters.ts'
import { physicalName } from './physical-name.ts'
import { resourceReferences } from './references.ts'
import { createdValues, placeholderValues } from './resource-values.ts'
import { createScope, type PseudoParameters, type ResourceValues } from './scope.ts'

/** A resource of a running stack; `emulated` is false for a placeholder. */
export interface StackResource {
  readonly logicalId: string
  readonly type: string
  readonly properties: JsonObject
  readonly ref: JsonValue
  readonly emulated: boolean
  attribute(name: string): JsonValue | undefined
}

export interface ResourceEvent {
  readonly phase: 'created' | 'disposed'
  readonly logicalId: string
  readonly type: string
  /** How long the emulator took. */
  readonly durationMs: number
}

/** A stack whose resources exist. */
export interface Stack extends AsyncDisposable {
  readonly stackName: string
  readonly outputs: Readonly<Record<string, string>>
  /** Resources in the order they were created. */
  readonly resources: readonly StackResource[]
  readonly unsupported: readonly { readonly logicalId: string; readonly type: string }[]
  /** Parts of the template without effect here: `logicalId` is absent for a whole section. */
  readonly ignored: readonly { readonly logicalId?: string; readonly attribute: string }[]
  /** Throws UNRESOLVED_REFERENCE for a logical id that does not exist in the running stack. */
  resource(logicalId: string): StackResource
  /** Disposes all resources in reverse order. Goes on after a failure and then throws an AggregateError. */
  dispose(): Promise<void>
}

export interface StackOptions<Context> {
  readonly template: unknown
  readonly registry: Registry<Context>
  readonly pseudo: PseudoParameters
  readonly context: Context
  /** Values of template parameters; others use their defaults. */
  readonly parameters?: Readonly<Record<string, string>>
  onUnsupported(type: string, logicalId: string): void
  onResource?(event: ResourceEvent): void
}

/**
 * Creates every resource of a template in dependency order, one after the other. A type without emulator is reported and
 * gets deterministic placeholders. If an emulator fails, everything made before is disposed and RESOURCE_FAILED is thrown
 * with the cause; all other TemplateErrors about names and cycles come before the first resource is made, except unknown
 * attributes, which only the emulators know.
 */
export async function createStack<Context>(options: StackOptions<Context>): Promise<Stack> {
  const { registry, pseudo, context } = options
  const document = readTemplate(options.template)
  const values = new Map<string, ResourceValues>()
  const parameters = parameterValues(document, options.parameters ?? {})
  const scope = createScope({ document, pseudo, parameters, resources: values })
  const order = resourceOrder(document, scope, parameters)
  const resources: StackResource[] = []
  const disposals: { logicalId: string; type: string; created: Created }[] = []

  async function create(logicalId: string): Promise<void> {
    const definition = document.resources.get(logicalId)
    if (definition === undefined) return
    const { type, metadata } = definition
    const path = `Resources.${logicalId}`
    const properties = evaluateMembers(definition.properties, scope, `${path}.Properties`)
    const emulator = findEmulator(registry, type)
    if (emulator === undefined) {
      add(placeholderValues(type, logicalId, pseudo), false)
      options.onUnsupported(type, logicalId)
      return
    }
    const startedAt = performance.now()
    const request = {
      logicalId,
      type,
      properties,
      stackName: pseudo.stackName,
      physicalName: (maxCharacters?: number) => physicalName(pseudo.stackName, logicalId, maxCharacters),
      ...(metadata === undefined ? {} : { metadata }),
    }
    let created: Created
    try {
      created = await emulator.create(request, context)
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new TemplateError('RESOURCE_FAILED', path, `${type} could not be created: ${reason}`, { cause })
    }
    disposals.push({ logicalId, type, created })
    add(createdValues(created), true)
    options.onResource?.({ phase: 'created', logicalId, type, durationMs: performance.now() - startedAt })

    function add(resource: ResourceValues, emulated: boolean): void {
      values.set(logicalId, resource)
      resources.push({
        logicalId,
        type,
        properties,
        emulated,
        ref: resource.ref,
        attribute: (name) => resource.attribute(name),
      })
    }
  }

  async function dispose(): Promise<void> {
    const failures: unknown[] = []
    for (let last = disposals.pop(); last !== undefined; last = disposals.pop()) {
      const { logicalId, type, created } = last
      const startedAt = performance.now()
      try {
        await created.dispose?.()
      } catch (cause) {
        failures.push(
          new TemplateError('RESOURCE_FAILED', `Resources.${logicalId}`, `${type} could not be disposed`, { cause }),
        )
      }
      options.onResource?.({ phase: 'disposed', logicalId, type, durationMs: performance.now() - startedAt })
    }
    if (failures.length > 0) throw new AggregateError(failures, `${failures.length} resources could not be disposed`)
  }

  try {
    for (const logicalId of order) await create(logicalId)
    const outputs = evaluateOutputs(document.outputs, scope)
    return {
      stackName: pseudo.stackName,
      outputs,
      resources,
      unsupported: resources
        .filter((resource) => !resource.emulated)
        .map(({ logicalId, type }) => ({ logicalId, type })),
      ignored: ignoredParts(document, order),
      resource: (logicalId) => findResource(resources, logicalId),
      dispose,
      [Symbol.asyncDispose]: dispose,
    }
  } catch (failure) {
    // The first failure is what the caller must see; what fails while cleaning up only follows from it.
    await dispose().catch(() => {})
    throw failure
  }
}

function findResource(resources: readonly StackResource[], logicalId: string): StackResource {
  const found = resources.find((resource) => resource.logicalId === logicalId)
  if (found === undefined) throw new TemplateError('UNRESOLVED_REFERENCE', `Resources.${logicalId}`, 'no such resource')
  return found
}

function ignoredParts(document: TemplateDocument, order: readonly string[]): Stack['ignored'] {
  return [
    ...document.ignoredSections.map((attribute) => ({ attribute })),
    ...order.flatMap((logicalId) =>
      (document.resources.get(logicalId)?.ignored ?? []).map((attribute) => ({ logicalId, attribute })),
    ),
  ]
}

function resourceOrder(document: TemplateDocument, scope: Scope, parameters: ReadonlyMap<string, JsonValue>): string[] {
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
