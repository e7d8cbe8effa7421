import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { DescribeDomainConfigurationCommand, IoTClient } from '@aws-sdk/client-iot'
import { deploymentNames } from '#contract/index.ts'

/** Said on purpose: what runs here writes to a deployment and is billed. */
const OPT_IN = ['BRIDGE_AWS_TESTS', 'i-accept-the-cost'] as const

const [name, value] = OPT_IN
const { BRIDGE_TEST_STAGE: stage } = process.env
if (process.env[name] !== value || !stage) {
  console.error(`refused: this runs against a deployment in your AWS account, writes to it, and is billed.
Set ${name}=${value} and BRIDGE_TEST_STAGE=<stage> to run it. See test/aws/README.md.`)
  process.exit(2)
}
if (process.env.AWS_ENDPOINT_URL !== undefined) {
  console.error('refused: AWS_ENDPOINT_URL is set, so this would not be AWS. "npm test" runs the same suites here.')
  process.exit(2)
}
// with account and region in its ARN
const domainConfigurationName = deploymentNames(stage).domains.mqtt
const { domainConfigurationArn } = await new IoTClient({}).send(
  new DescribeDomainConfigurationCommand({ domainConfigurationName }),
)
console.error(`running against ${domainConfigurationArn}`)

const vitest = fileURLToPath(import.meta.resolve('vitest/vitest.mjs'))
const { status } = spawnSync(process.execPath, [vitest, 'run', '--config', 'vitest.aws.config.ts'], {
  stdio: 'inherit',
})
process.exit(status ?? 1)
