import type { DatabaseSync } from 'node:sqlite'
import {
  createCustomResourceLedger,
  deleteRemovedCustomResources,
  RESOURCE_EMULATORS,
  type ResourceContext,
} from '../resources/index.ts'
import {
  type AssemblyStack,
  createStack,
  loadAssembly,
  type Stack,
  type StackChanges,
  TemplateError,
} from '../template/index.ts'
import { LOCAL_ACCOUNT, type RuntimeOptions } from './options.ts'
import type { Services } from './services.ts'

/** The stack of an assembly, defined in the services. */
export interface Deployment {
  readonly stack: Pick<Stack, 'outputs' | 'unsupported' | 'resources'>
  /**
   * Makes the stack what the assembly of another folder says, one change after the other. Rejects with what is wrong, and everything
   * is as before.
   */
  change(assemblyFolder: string): Promise<StackChanges>
}

/** Creates every resource of the assembly. Rejects with what is wrong: SQL that does not compile, a grant that is missing. */
export async function deploy(
  services: Services,
  db: DatabaseSync,
  options: Pick<RuntimeOptions, 'assemblyFolder' | 'parameters' | 'log'>,
): Promise<Deployment> {
  const { accountId, region, host } = LOCAL_ACCOUNT
  const { log } = options
  const { iam, lambda, dynamoDb, secrets, sqs, registry, rules, cfnResponses, api, httpApis, httpApiUrl } = services
  const { versions, functionRoles, durable, events, states, eventSources, cloudWatch } = services
  const told = new Set<string>()
  let assembly = firstStack(options.assemblyFolder)
  const { stackName } = assembly
  /** The one that a change goes to, while it does. */
  let next = assembly
  let actions: (() => void)[] = []
  let changing: Promise<unknown> = Promise.resolve()

  const context: ResourceContext = {
    region,
    accountId,
    stackId: `arn:aws:cloudformation:${region}:${accountId}:stack/${stackName}/local`,
    apiUrl: api.url,
    domainName: host,
    assetFolder,
    iam,
    lambda,
    versions,
    durable,
    events,
    states,
    functionRoles,
    dynamoDb,
    cloudWatch,
    secrets,
    sqs,
    eventSources,
    iot: registry,
    rules,
    httpApis,
    httpApiUrl,
    cfnResponses,
    customResources: createCustomResourceLedger(db),
    afterStart: (action) => void actions.push(action),
    log,
  }

  /** A change that is undone needs the code of before. */
  function assetFolder(key: string): string {
    try {
      return next.assetFolder(key)
    } catch (error) {
      if (next === assembly || !(error instanceof TemplateError && error.code === 'ASSET_NOT_FOUND')) throw error
      return assembly.assetFolder(key)
    }
  }

  const stack = await createStack({
    template: assembly.template,
    registry: RESOURCE_EMULATORS,
    pseudo: { region, accountId, stackName },
    parameters: options.parameters ?? {},
    context,
    onUnsupported: (type, logicalId) => log({ level: 'warn', event: 'resource_unsupported', type, logicalId }),
    async onComplete(resources) {
      iam.uncounted(() => {
        for (const check of resources.flatMap(({ checks }) => checks)) check()
      })
      // while the functions behind them are still there
      await deleteRemovedCustomResources(context, new Set(resources.map(({ logicalId }) => logicalId)))
    },
  })
  finish()

  /** What is done once the stack holds. */
  function finish(): void {
    for (const finding of iam.findings()) {
      const text = JSON.stringify(finding)
      if (!told.has(text)) log({ level: 'warn', event: `iam_statement_${finding.kind}`, ...finding })
      told.add(text)
    }
    for (const action of actions.splice(0)) action()
  }

  async function changeTo(folder: string): Promise<StackChanges> {
    const wanted = firstStack(folder)
    if (wanted.stackName !== stackName) {
      throw new Error(`the stack ${stackName} cannot become ${wanted.stackName} while it runs; start again`)
    }
    try {
      next = wanted
      const changes = await stack.update(wanted.template)
      assembly = wanted
      finish()
      return changes
    } finally {
      next = assembly
      actions = []
    }
  }

  return {
    stack,
    change(folder) {
      const result = changing.then(() => changeTo(folder))
      changing = result.catch(() => {})
      return result
    },
  }
}

function firstStack(assemblyFolder: string): AssemblyStack {
  const [stack] = loadAssembly(assemblyFolder).stacks
  if (!stack) throw new Error(`there is no stack in ${assemblyFolder}`)
  return stack
}
