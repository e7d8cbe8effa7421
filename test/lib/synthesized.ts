import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import {
  type BridgeSettings,
  BridgeStack,
  deploymentNames,
  FUNCTION_NAMES,
  type FunctionName,
  readSettings,
} from '#lib/index.ts'
import { PROJECT_FOLDER } from './project.ts'

export interface TemplateResource {
  Type: string
  Properties: Record<string, unknown>
  DeletionPolicy?: string
  UpdateReplacePolicy?: string
  DependsOn?: string[]
}

export interface Synthesized {
  template: Template
  settings: BridgeSettings
  /** Resources of a type by logical id. */
  resources(type: string): Record<string, TemplateResource>
  /** The one resource of a type whose properties hold this text; throws unless there is exactly one. */
  logicalId(type: string, text: string): string
}

/** Runs with the assembly that this context makes, with empty functions. */
export async function withAssembly<Result>(
  context: Readonly<Record<string, unknown>>,
  run: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-synth-'))
  try {
    appWith(context, folder).app.synth()
    return await run(join(folder, 'cdk.out'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function appWith(context: Readonly<Record<string, unknown>>, folder: string) {
  const { context: defaults } = JSON.parse(readFileSync(join(PROJECT_FOLDER, 'cdk.json'), 'utf8')) as {
    context: Record<string, unknown>
  }
  const app = new App({ outdir: join(folder, 'cdk.out'), context: { ...defaults, ...context } })
  const settings = readSettings((name) => app.node.tryGetContext(name), PROJECT_FOLDER)
  const stack = new BridgeStack(app, deploymentNames(settings.stage).stackName, {
    settings,
    bundles: emptyBundles(folder),
  })
  return { app, settings, stack }
}

/** The stack as this context makes it, with empty functions: bundling is tested by itself. */
export function synthesizeStack(context: Readonly<Record<string, unknown>> = {}): Synthesized {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-synth-'))
  try {
    const { settings, stack } = appWith(context, folder)
    const template = Template.fromStack(stack)
    const resources = (type: string) => template.findResources(type) as Record<string, TemplateResource>
    return {
      template,
      settings,
      resources,
      logicalId(type, text) {
        const found = Object.entries(resources(type)).filter(([, { Properties }]) =>
          JSON.stringify(Properties).includes(text),
        )
        const [first] = found
        if (!first || found.length > 1) throw new Error(`expected one ${type} with ${text}, got ${found.length}`)
        return first[0]
      },
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A text of the template without its intrinsic functions: references stand as `<LogicalId>`, attributes as `<LogicalId.Attribute>`. */
export function flatText(value: unknown): string {
  if (typeof value === 'string') return value
  const [[name, argument] = ['', undefined]] = Object.entries(value as Record<string, unknown>)
  if (name === 'Ref') return `<${String(argument)}>`
  if (name === 'Fn::GetAtt') return `<${(argument as string[]).join('.')}>`
  if (name === 'Fn::Join') {
    const [separator, parts] = argument as [string, unknown[]]
    return parts.map(flatText).join(separator)
  }
  throw new Error(`expected text, Ref, Fn::GetAtt or Fn::Join, got ${JSON.stringify(value)}`)
}

function emptyBundles(folder: string): Record<FunctionName, string> {
  const entries = FUNCTION_NAMES.map((name) => {
    const bundle = join(folder, name)
    mkdirSync(bundle)
    writeFileSync(join(bundle, 'index.mjs'), `export const handler = async () => '${name}'\n`)
    return [name, bundle] as const
  })
  return Object.fromEntries(entries) as Record<FunctionName, string>
}
