import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { App, Validations } from 'aws-cdk-lib'
import { BridgeStack, bundleAll, deploymentNames, FUNCTION_NAMES, readSettings } from '#lib/index.ts'

const projectFolder = dirname(dirname(fileURLToPath(import.meta.url)))
const app = new App()
const settings = readSettings((name) => app.node.tryGetContext(name), projectFolder)
if (process.env.CDK_VALIDATION !== 'false') {
  // takes as long to load as the rest of the app
  const { AwsSolutionsChecks } = await import('cdk-nag')
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
}

const bundles = await bundleAll(settings, projectFolder, { inHaste: process.env.BUNDLES_IN_HASTE === 'true' })
new BridgeStack(app, deploymentNames(settings.stage).stackName, {
  settings,
  bundles: Object.fromEntries(FUNCTION_NAMES.map((name) => [name, bundles[name].folder])) as Record<
    (typeof FUNCTION_NAMES)[number],
    string
  >,
  description: `mqtt-cloud-bridge, stage ${settings.stage}`,
})
app.synth()
