import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { beforeAll, describe, expect, test } from 'vitest'
import { bundleAll, bundleSize, FUNCTION_NAMES, type FunctionName, STATIC_CEILING_BYTES } from '#lib/index.ts'
import { PROJECT_FOLDER } from './project.ts'
import { flatText, synthesizeStack } from './synthesized.ts'

const { settings, resources, template } = synthesizeStack({ events: true })
let bundles: Awaited<ReturnType<typeof bundleAll>>

beforeAll(async () => {
  bundles = await bundleAll(settings, PROJECT_FOLDER)
})

/** What may stand in a bundle: code of ours that runs in functions, and packages that are dependencies. */
const OUR_FOLDERS = ['contract', 'correlation', 'functions', 'keys']
const { dependencies, devDependencies } = JSON.parse(
  readFileSync(join(PROJECT_FOLDER, 'package.json'), 'utf8'),
) as Record<'dependencies' | 'devDependencies', Record<string, string>>
/** Run on this machine or on devices, never in a function. */
const NOT_IN_FUNCTIONS = ['aws-cdk-lib', 'constructs', 'mqtt', 'mqtt-packet', 'dynalite', 'chevrotain', 'commander']

/** Folders of functions that a bundle has beside its own and the shared one: the review judges as the conscience does. */
const ALSO_HELD: Partial<Record<FunctionName, readonly string[]>> = { review: ['conscience'] }

/** The variables of a function as deployed, with references as their own text, and those that Lambda sets. */
function environmentOf(name: FunctionName): Record<string, string> {
  const parameters = template.findParameters('*')
  const deployed = Object.values(resources('AWS::Lambda::Function')).find(({ Properties }) =>
    String(Properties.FunctionName).endsWith(`-${name}`),
  )
  const { Variables } = Object(deployed?.Properties.Environment) as { Variables: Record<string, unknown> }
  const entries = Object.entries(Variables).map(([variable, value]) => {
    const parameter = parameters[flatText(value).slice(1, -1)]
    const text = parameter ? String(parameter.Default) : flatText(value)
    return [variable, text.replaceAll(/<AWS::(\w+)>/g, '$1')]
  })
  return { ...Object.fromEntries(entries), ...runtimeVariablesOf(name) }
}

function runtimeVariablesOf(name: FunctionName): Record<string, string> {
  return { AWS_REGION: 'us-east-1', LAMBDA_TASK_ROOT: bundles[name].folder, TZ: ':UTC' }
}

/** Resolves with the names a module exports to a fresh thread with these variables alone; rejects with what it threw. */
function exportsIn(file: string, env: Record<string, string>): Promise<string[]> {
  const code = `
    import { parentPort } from 'node:worker_threads'
    const loaded = await import(${JSON.stringify(pathToFileURL(file).href)})
    parentPort.postMessage(Object.keys(loaded))`
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), {
    env,
    stdout: true,
    stderr: true,
  })
  return new Promise<string[]>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', (code) => reject(new Error(`the thread ended with ${code}`)))
  }).finally(() => void worker.terminate())
}

describe.each(FUNCTION_NAMES)('%s', (name) => {
  test('loads no more before its first event than its ceiling', () => {
    const { staticBytes } = bundleSize(bundles[name].metafile)

    // an empty bundle would be under every ceiling
    expect(staticBytes).toBeGreaterThan(20_000)
    expect(staticBytes).toBeLessThan(STATIC_CEILING_BYTES[name])
  })

  test('holds code of functions and their dependencies only: no CDK, no broker, no local runtime, no tests', () => {
    const inputs = Object.keys(bundles[name].metafile.inputs)
    const ours = inputs.filter((input) => !input.includes('node_modules/'))
    const packages = new Set(inputs.flatMap((input) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? []))

    expect(ours.filter((input) => !OUR_FOLDERS.includes(input.split('/')[0] ?? ''))).toEqual([])
    expect([...packages].filter((one) => NOT_IN_FUNCTIONS.includes(one) || one.startsWith('@aws-cdk/'))).toEqual([])
    expect(packages.size).toBeGreaterThan(0)
  })

  test('holds of functions/ only its own folder and what is shared', () => {
    const folders = Object.keys(bundles[name].metafile.inputs)
      .filter((input) => input.startsWith('functions/'))
      .map((input) => input.split('/')[1])

    expect([...new Set(folders)].sort()).toEqual([name, 'shared', ...(ALSO_HELD[name] ?? [])].sort())
  })

  test('loads in a fresh thread with the variables of the template', async () => {
    const file = join(bundles[name].folder, 'index.mjs')

    expect(await exportsIn(file, environmentOf(name))).toContain('handler')
  })

  test('does not load without its variables, and names one that is missing', async () => {
    const file = join(bundles[name].folder, 'index.mjs')

    await expect(exportsIn(file, runtimeVariablesOf(name))).rejects.toThrow(
      /TOPIC_ROOT|DEVICE_TABLE|ISSUER_SECRET_ID|PRESENCE_TABLE|EVENT_BUS_NAME/,
    )
  })
})

test('zod is bundled without its namespace object, which would bring every locale', () => {
  for (const name of FUNCTION_NAMES) {
    const inputs = Object.keys(bundles[name].metafile.inputs)
    const used = Object.values(bundles[name].metafile.outputs).flatMap((output) =>
      Object.entries(output.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0),
    )

    expect(inputs.some((input) => input.includes('node_modules/zod/'))).toBe(true)
    expect(used.filter(([input]) => input.includes('/locales/')).map(([input]) => input.split('/').at(-1))).toEqual([
      'en.js',
    ])
  }
})

test('data files stand beside the bundles that read them', () => {
  const dataFiles = FUNCTION_NAMES.map((name) => [
    name,
    readdirSync(bundles[name].folder).filter((file) => file.endsWith('.json')),
  ])

  expect(Object.fromEntries(dataFiles)).toMatchObject({
    api: ['roles.json'],
    authorizer: ['roles.json'],
    conscience: ['rules.json'],
    memory: [],
  })
})

test('every package that our functions import is named in package.json, not found by chance', () => {
  const imported = FUNCTION_NAMES.flatMap((name) =>
    Object.entries(bundles[name].metafile.inputs)
      .filter(([input]) => !input.startsWith('node_modules/'))
      .flatMap(([, { imports }]) =>
        imports.flatMap(({ path }) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []),
      ),
  )
  const named = Object.keys({ ...dependencies, ...devDependencies })

  expect(imported).toContain('zod')
  expect([...new Set(imported)].filter((name) => !named.includes(name))).toEqual([])
})

test('in haste, bundles of one state of the sources are those that a deployment would make', async () => {
  const inHaste = await bundleAll(settings, PROJECT_FOLDER, { inHaste: true })

  for (const name of FUNCTION_NAMES) expect(inHaste[name].folder).toBe(bundles[name].folder)
})
