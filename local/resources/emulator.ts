import { isDeepStrictEqual } from 'node:util'
import type { Created, Emulator, JsonObject, Registry, ResourceRequest } from '../template/index.ts'
import type { ResourceContext } from './context.ts'
import { ResourceError } from './errors.ts'
import { isObject } from './properties.ts'

/**
 * What becomes of each property of a type. A dotted name is a member: where one is declared, its siblings are held against the
 * declaration as well. `*` stands for every property.
 */
export interface PropertyDeclaration {
  /** Have their effect. An emulator sees no others. */
  readonly honoured: readonly string[]
  /** Taken, and without effect on one machine. */
  readonly ignored?: readonly string[]
  /** Stop the start: without them the stack would be another one. */
  readonly refused?: readonly string[]
}

export interface ResourceEmulator extends Emulator<ResourceContext> {
  readonly properties: PropertyDeclaration
  /** For the table of what is like AWS. */
  readonly note?: string
}

/** For what is added to a list: the new one is there before the one it replaces goes. */
export function replacing(create: ResourceEmulator['create']): NonNullable<ResourceEmulator['update']> {
  return async (request, previous, context): Promise<Created> => {
    const created = await create(request, context)
    if (isDeepStrictEqual(created.ref, previous.ref)) await previous.dispose?.()
    return created
  }
}

/** Holds every resource against what its emulator declares; a property that stands nowhere is told with its resource. */
export function enforceDeclarations(emulators: Readonly<Record<string, ResourceEmulator>>): Registry<ResourceContext> {
  return Object.fromEntries(
    Object.entries(emulators).map(([type, { create, update, properties }]) => [
      type,
      {
        create: (request, context) => create(declaredOnly(request, properties, context), context),
        ...(update && {
          update: (request, previous, context) => update(declaredOnly(request, properties, context), previous, context),
        }),
      } satisfies Emulator<ResourceContext>,
    ]),
  )
}

function declaredOnly(
  request: ResourceRequest,
  declaration: PropertyDeclaration,
  context: ResourceContext,
): ResourceRequest {
  const { type, logicalId } = request
  const stateOf = (path: string) => {
    const has = (list: readonly string[] = []) => list.includes(path) || list.includes('*')
    if (declaration.refused?.includes(path))
      throw new ResourceError('unsupported_here', `the local runtime does not know ${path} of ${type}`)
    if (declaration.honoured.includes(path)) return 'honoured'
    return has(declaration.ignored) ? 'ignored' : has(declaration.honoured) ? 'honoured' : 'unknown'
  }
  const members = (values: JsonObject, path: (name: string) => string): JsonObject => {
    const kept = Object.entries(values).flatMap(([name, value]): [string, JsonObject[string]][] => {
      if (isObject(value) && hasMembers(declaration, path(name))) {
        return [[name, members(value, (member) => `${path(name)}.${member}`)]]
      }
      const state = stateOf(path(name))
      if (state === 'unknown') {
        context.log({ level: 'warn', event: 'property_unknown', logicalId, type, property: path(name) })
      }
      return state === 'honoured' ? [[name, value]] : []
    })
    return Object.fromEntries(kept)
  }
  return { ...request, properties: members(request.properties, (name) => name) }
}

function hasMembers({ honoured, ignored = [], refused = [] }: PropertyDeclaration, path: string): boolean {
  return [...honoured, ...ignored, ...refused].some((name) => name.startsWith(`${path}.`))
}
