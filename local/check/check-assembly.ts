import type { RuntimeLogEntry } from '../iot/index.ts'
import { RESOURCE_EMULATORS } from '../resources/index.ts'
import { type AssemblyStack, createStack, loadAssembly, type StackResource } from '../template/index.ts'
import { checkAuthorizers } from './authorizer-checks.ts'
import { type Check, collector, TEMPLATE } from './checked-stack.ts'
import { checkEventRules } from './event-checks.ts'
import { findingOf } from './finding-of-error.ts'
import { checkPermissions } from './permission-checks.ts'
import type { Problem } from './problem.ts'
import { checkQuotas } from './quota-checks.ts'
import { checkRoles } from './role-checks.ts'
import { checkRules } from './rule-checks.ts'
import { CHECK_ACCOUNT, openCheckServices } from './services.ts'
import { checkStateMachines } from './workflow-checks.ts'

const STACK_CHECKS: readonly Check[] = [
  checkRules,
  checkAuthorizers,
  checkPermissions,
  checkRoles,
  checkQuotas,
  checkEventRules,
  checkStateMachines,
]
const CUSTOM = /^Custom::|^AWS::CloudFormation::CustomResource$/

/** Custom resources are placeholders: their functions are not called. */
const { 'Custom::*': _, ...EMULATORS } = RESOURCE_EMULATORS

/**
 * Everything that is wrong with the first stack of a synthesized assembly, as far as it can be told without an account: all of it, not the first.
 * `parameters` are values of the template's parameters. Throws TemplateError only for a folder that holds no assembly.
 */
export async function checkAssembly(
  assemblyFolder: string,
  parameters: Readonly<Record<string, string>> = {},
): Promise<Problem[]> {
  const [stack] = loadAssembly(assemblyFolder).stacks
  if (!stack) throw new Error(`there is no stack in ${assemblyFolder}`)
  const problems: Problem[] = []
  const add = collector(problems)
  await using opened = new AsyncDisposableStack()

  const { context, resources } = await define(stack, parameters, opened, add)
  const made = resources.filter(({ emulated }) => emulated)
  const placeholders = resources.filter(({ emulated }) => !emulated)
  context.iam.uncounted(() => {
    for (const resource of made) {
      for (const check of resource.checks) report(check, (error) => add(resource, findingOf(error)))
    }
    for (const check of STACK_CHECKS) check({ context, template: stack.template, resources: made, placeholders, add })
  })
  return problems.sort((one, other) => order(one) - order(other))
}

async function define(
  { stackName, template, assetFolder }: AssemblyStack,
  parameters: Readonly<Record<string, string>>,
  opened: AsyncDisposableStack,
  add: ReturnType<typeof collector>,
) {
  let resources: readonly StackResource[] = []
  const log = (entry: RuntimeLogEntry) => addLogged(entry, add)
  const context = openCheckServices(opened, { stackName, assetFolder, log })
  try {
    await createStack({
      template,
      registry: EMULATORS,
      pseudo: { ...CHECK_ACCOUNT, stackName },
      parameters,
      context,
      onUnsupported(type, logicalId) {
        if (CUSTOM.test(type)) return
        add({ logicalId, type }, { code: 'unsupported_here', what: 'the local runtime does not know this type' })
      },
      onFailure({ logicalId, type, error, because }) {
        const needs = { code: 'not_checked', what: `it refers to ${because.join(', ')}` } as const
        add({ logicalId, type }, because.length > 0 ? needs : findingOf(error))
      },
      onComplete(all) {
        resources = all
      },
    })
  } catch (error) {
    add(TEMPLATE, { ...findingOf(error), code: 'template_invalid' })
  }
  return { context, resources }
}

function addLogged(entry: RuntimeLogEntry, add: ReturnType<typeof collector>): void {
  const { event, logicalId = '', type = '' } = entry
  const of = { logicalId: String(logicalId), type: String(type) }
  if (event === 'property_unknown') {
    add(of, { code: 'property_unknown', what: `the local runtime does not know ${String(entry.property)}` })
  }
  if (event === 'rule_sql_warning') {
    const { rule, line, column, reason } = entry
    const what = `rule ${String(rule)}, line ${String(line)}, column ${String(column)}: ${String(reason)}`
    add({ logicalId: '', type: 'AWS::IoT::TopicRule' }, { code: 'sql_doubtful', what })
  }
}

function report(check: () => void, onError: (error: unknown) => void): void {
  try {
    check()
  } catch (error) {
    onError(error)
  }
}

function order({ severity }: Problem): number {
  return severity === 'error' ? 0 : 1
}
