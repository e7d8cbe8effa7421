import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { synthesize } from '#cli/synthesize.ts'
import { deploymentNames, type FunctionName } from '#lib/index.ts'
import { tell } from './report.ts'

export const PROJECT_FOLDER = dirname(dirname(fileURLToPath(import.meta.url)))
const CACHE_FOLDER = join(PROJECT_FOLDER, 'node_modules/.cache/mqtt-cloud-bridge/bench')
export const CERTIFICATES_FOLDER = join(CACHE_FOLDER, 'certs')

/** Folder of today's cloud assembly, with the devices of the bench. */
export async function benchAssembly(): Promise<string> {
  const outputFolder = join(CACHE_FOLDER, 'cdk.out')
  tell('synthesizing the template and bundling the functions')
  await synthesize({ projectFolder: PROJECT_FOLDER, outputFolder, context: { fleetFile: 'bench/fleet.json' } })
  return outputFolder
}

/** The variables of a function in the template; what only a deployment knows stands as the name of its resource. */
export function deployedEnvironment(assemblyFolder: string, name: FunctionName): Record<string, string> {
  const { stackName } = deploymentNames('dev')
  const template = JSON.parse(readFileSync(join(assemblyFolder, `${stackName}.template.json`), 'utf8')) as {
    Parameters?: Record<string, { Default?: string }>
    Resources: Record<string, { Type: string; Properties: Record<string, unknown> }>
  }
  const found = Object.values(template.Resources).find(
    ({ Type, Properties }) => Type === 'AWS::Lambda::Function' && Properties.FunctionName === `${stackName}-${name}`,
  )
  const { Variables = {} } = Object(found?.Properties.Environment) as { Variables?: Record<string, unknown> }
  const textOf = (value: unknown): string => {
    if (typeof value === 'string') return value
    const reference = String(Object(value).Ref ?? Object(value)['Fn::GetAtt'] ?? 'unknown')
    return template.Parameters?.[reference]?.Default ?? reference
  }
  return Object.fromEntries(Object.entries(Variables).map(([variable, value]) => [variable, textOf(value)]))
}
