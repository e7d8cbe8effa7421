import { isDeepStrictEqual } from 'node:util'
import { readTemplate, type TemplateDocument } from './document.ts'
import { type Created, type Emulator, findEmulator, type ResourceRequest } from './emulator.ts'
import { TemplateError } from './errors.ts'
import { evaluateMembers } from './intrinsics.ts'
import { evaluateOutputs } from './outputs.ts'
import { parameterValues } from './parameters.ts'
import { physicalName } from './physical-name.ts'
import { resourceReferences } from './references.ts'
import { resourceOrder } from './resource-order.ts'
import { createdValues, placeholderValues } from './resource-values.ts'
import { createScope, type ResourceValues } from './scope.ts'
import type { Stack, StackChanges, StackOptions, StackResource } from './stack-types.ts'

/** A resource that exists, with what it takes to compare, undo and end it. */
interface LiveResource extends StackResource {
  readonly request: ResourceRequest
  /** Absent for a placeholder. */
  readonly created?: Created
  readonly values: ResourceValues
}

interface StackState {
  /** In the order they were made. */
  readonly resources: ReadonlyMap<string, LiveResource>
  readonly outputs: Readonly<Record<string, string>>
  readonly ignored: Stack['ignored']
}

export const NOTHING: StackState = { resources: new Map(), outputs: {}, ignored: [] }

/**
 * Turns the resources of `before` into those of the template, and undoes all of it when one fails. Those that the template no
 * longer has end last, when nothing can fail any more.
 */
export async function changeStack<Context>(options: StackOptions<Context>, before: StackState): Promise<StackState> {
  const { pseudo, context, registry } = options
  const document = readTemplate(options.template)
  const values = new Map<string, ResourceValues>()
  const parameters = parameterValues(document, options.parameters ?? {})
  const scope = createScope({ document, pseudo, parameters, resources: values })
  const order = resourceOrder(document, scope, parameters)
  const resources = new Map<string, LiveResource>()
  const undo: (() => Promise<unknown>)[] = []
  const failed = new Set<string>()

  async function live(logicalId: string): Promise<LiveResource | undefined> {
    const definition = document.resources.get(logicalId)
    if (definition === undefined) return undefined
    const { type, metadata } = definition
    const properties = evaluateMembers(definition.properties, scope, `Resources.${logicalId}.Properties`)
    const known = before.resources.get(logicalId)
    const previous = known?.type === type ? known : undefined
    if (previous && isDeepStrictEqual(previous.properties, properties)) return previous
    const request: ResourceRequest = {
      logicalId,
      type,
      properties,
      stackName: pseudo.stackName,
      physicalName: (maxCharacters?: number) => physicalName(pseudo.stackName, logicalId, maxCharacters),
      ...(metadata === undefined ? {} : { metadata }),
    }
    const emulator = findEmulator(registry, type)
    if (emulator === undefined) {
      if (!previous) options.onUnsupported(type, logicalId)
      return liveResource(request, placeholderValues(type, logicalId, pseudo))
    }
    return put(emulator, request, previous)
  }

  /** The resource, or a placeholder for one that cannot be made where the caller wants to know of all of them. */
  async function liveOrTold(logicalId: string): Promise<LiveResource | undefined> {
    try {
      return await live(logicalId)
    } catch (error) {
      const definition = document.resources.get(logicalId)
      if (!options.onFailure || !definition) throw error
      const { type } = definition
      const names = resourceReferences(definition, `Resources.${logicalId}`, scope).map(({ name }) => name)
      failed.add(logicalId)
      options.onFailure({ logicalId, type, error, because: [...new Set(names)].filter((name) => failed.has(name)) })
      const request = { logicalId, type, properties: {}, stackName: pseudo.stackName, physicalName: () => logicalId }
      return liveResource(request, placeholderValues(type, logicalId, pseudo))
    }
  }

  async function put(
    emulator: Emulator<Context>,
    request: ResourceRequest,
    previous: LiveResource | undefined,
  ): Promise<LiveResource> {
    const { logicalId, type } = request
    const startedAt = performance.now()
    const created = await make(emulator, request, previous?.created, context)
    const isInPlace = previous !== undefined && isDeepStrictEqual(previous.ref, created.ref)
    undo.push(async () => {
      if (isInPlace) await make(emulator, previous.request, created, context)
      else await created.dispose?.()
    })
    const phase = isInPlace ? 'updated' : 'created'
    options.onResource?.({ phase, logicalId, type, durationMs: performance.now() - startedAt })
    return liveResource(request, createdValues(created), created)
  }

  try {
    for (const logicalId of order) {
      const resource = await liveOrTold(logicalId)
      if (!resource) continue
      values.set(logicalId, resource.values)
      resources.set(logicalId, resource)
    }
    const outputs = evaluateOutputs(document.outputs, scope)
    await options.onComplete?.([...resources.values()])
    await disposeAll(replacedResources(before.resources, resources), options)
    return { resources, outputs, ignored: ignoredParts(document, order) }
  } catch (failure) {
    // The first failure is what the caller must see; what fails while cleaning up only follows from it.
    for (const step of undo.reverse()) await step().catch(() => {})
    throw failure
  }
}

/** Ends resources, goes on after a failure, and returns what failed. */
export async function disposeAll(
  resources: Iterable<LiveResource>,
  { onResource }: Pick<StackOptions<unknown>, 'onResource'>,
): Promise<TemplateError[]> {
  const failures: TemplateError[] = []
  for (const { logicalId, type, created } of resources) {
    if (!created) continue
    const startedAt = performance.now()
    try {
      await created.dispose?.()
    } catch (cause) {
      const path = `Resources.${logicalId}`
      failures.push(new TemplateError('RESOURCE_FAILED', path, `${type} could not be disposed`, { cause }))
    }
    onResource?.({ phase: 'disposed', logicalId, type, durationMs: performance.now() - startedAt })
  }
  return failures
}

export function changesBetween(
  before: ReadonlyMap<string, LiveResource>,
  after: ReadonlyMap<string, LiveResource>,
): StackChanges {
  const ids = [...after.keys()]
  return {
    created: ids.filter((id) => !before.has(id)),
    updated: ids.filter((id) => before.has(id) && before.get(id) !== after.get(id)),
    removed: [...before.keys()].filter((id) => !after.has(id)),
  }
}

/** Those that are gone, or that another physical resource stands for; the last made first. */
function replacedResources(
  before: ReadonlyMap<string, LiveResource>,
  after: ReadonlyMap<string, LiveResource>,
): LiveResource[] {
  return [...before.values()].reverse().filter(({ logicalId, type, ref }) => {
    const now = after.get(logicalId)
    return !now || now.type !== type || !isDeepStrictEqual(now.ref, ref)
  })
}

async function make<Context>(
  emulator: Emulator<Context>,
  request: ResourceRequest,
  previous: Created | undefined,
  context: Context,
): Promise<Created> {
  const { logicalId, type } = request
  try {
    if (previous && emulator.update) return await emulator.update(request, previous, context)
    return await emulator.create(request, context)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const what = previous ? 'updated' : 'created'
    throw new TemplateError('RESOURCE_FAILED', `Resources.${logicalId}`, `${type} could not be ${what}: ${reason}`, {
      cause,
    })
  }
}

function liveResource(request: ResourceRequest, values: ResourceValues, created?: Created): LiveResource {
  const { logicalId, type, properties } = request
  return {
    logicalId,
    type,
    properties,
    request,
    values,
    emulated: created !== undefined,
    ref: values.ref,
    attribute: (name) => values.attribute(name),
    checks: created?.checks ?? [],
    ...(created && { created }),
  }
}

function ignoredParts(document: TemplateDocument, order: readonly string[]): Stack['ignored'] {
  return [
    ...document.ignoredSections.map((attribute) => ({ attribute })),
    ...order.flatMap((logicalId) =>
      (document.resources.get(logicalId)?.ignored ?? []).map((attribute) => ({ logicalId, attribute })),
    ),
  ]
}
