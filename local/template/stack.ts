import { changeStack, changesBetween, disposeAll, NOTHING } from './change-stack.ts'
import { TemplateError } from './errors.ts'
import type { Stack, StackOptions } from './stack-types.ts'

/**
 * Creates every resource of a template in dependency order, one after the other. A type without emulator is reported and
 * gets deterministic placeholders. If an emulator fails, everything made before is disposed and RESOURCE_FAILED is thrown
 * with the cause; all other TemplateErrors about names and cycles come before the first resource is made, except unknown
 * attributes, which only the emulators know.
 */
export async function createStack<Context>(options: StackOptions<Context>): Promise<Stack> {
  let state = await changeStack(options, NOTHING)

  async function dispose(): Promise<void> {
    const resources = [...state.resources.values()].reverse()
    state = NOTHING
    const failures = await disposeAll(resources, options)
    if (failures.length > 0) throw new AggregateError(failures, `${failures.length} resources could not be disposed`)
  }

  return {
    stackName: options.pseudo.stackName,
    get outputs() {
      return state.outputs
    },
    get resources() {
      return [...state.resources.values()]
    },
    get unsupported() {
      return [...state.resources.values()]
        .filter(({ emulated }) => !emulated)
        .map(({ logicalId, type }) => ({ logicalId, type }))
    },
    get ignored() {
      return state.ignored
    },
    resource(logicalId) {
      const found = state.resources.get(logicalId)
      if (found) return found
      throw new TemplateError('UNRESOLVED_REFERENCE', `Resources.${logicalId}`, 'no such resource')
    },
    async update(template) {
      const before = state
      state = await changeStack({ ...options, template }, before)
      return changesBetween(before.resources, state.resources)
    },
    dispose,
    [Symbol.asyncDispose]: dispose,
  }
}
