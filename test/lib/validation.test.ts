import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, test } from 'vitest'
import { PROJECT_FOLDER } from './project.ts'

/** Runs an app as `cdk synth` does, with all checks on. */
async function synth(app: string[], context: Record<string, unknown> = {}) {
  const outdir = mkdtempSync(join(tmpdir(), 'bridge-validation-'))
  const { context: defaults } = JSON.parse(readFileSync(join(PROJECT_FOLDER, 'cdk.json'), 'utf8')) as {
    context: Record<string, unknown>
  }
  const { CDK_VALIDATION: _, ...env } = process.env
  try {
    const child = spawn(process.execPath, app, {
      cwd: PROJECT_FOLDER,
      env: { ...env, CDK_OUTDIR: outdir, CDK_CONTEXT_JSON: JSON.stringify({ ...defaults, ...context }), NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const exited = new Promise<number | null>((resolve) => child.once('close', resolve))
    const [stdout, stderr, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), exited])
    return { exitCode, output: stdout + stderr }
  } finally {
    rmSync(outdir, { recursive: true, force: true })
  }
}

/** An app with one fault for each check. */
const PLANTED = `
  import { App, Stack, Validations } from 'aws-cdk-lib'
  import * as iam from 'aws-cdk-lib/aws-iam'
  import * as sqs from 'aws-cdk-lib/aws-sqs'
  import { AwsSolutionsChecks } from 'cdk-nag'
  const app = new App()
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
  const stack = new Stack(app, 'Planted')
  const role = new iam.Role(stack, 'Role', {
    assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    managedPolicies: [iam.ManagedPolicy.fromAwsManagedPolicyName('AdministratorAccess')],
  })
  role.addToPolicy(new iam.PolicyStatement({ actions: ['iot:Publish'], resources: ['*'] }))
  new sqs.CfnQueue(stack, 'Queue', { delaySeconds: 5000 })
  app.synth()
`

// side by side: each spends its time in a process of its own
describe.concurrent('the checks of "cdk synth"', { timeout: 120_000 }, () => {
  test('find nothing in the app', async ({ expect }) => {
    expect(await synth(['bin/app.ts'])).toEqual({ exitCode: 0, output: '' })
  })

  test('find nothing in production with every option', async ({ expect }) => {
    const alarmTopicArn = 'arn:aws:sns:eu-central-1:111122223333:operators'

    const result = await synth(['bin/app.ts'], {
      ...{ stage: 'prod', root: 'acme', mutualTls: true, events: true, alarmTopicArn },
      ...{ requestsJwtIssuer: 'https://issuer.example', requestsJwtAudience: 'bridge' },
      reviewStateMachineFile: 'examples/state-machine/review.asl.json',
    })

    expect(result).toEqual({ exitCode: 0, output: '' })
  })

  test('stop a managed policy, a statement for every resource, and a value that CloudFormation would refuse', async ({
    expect,
  }) => {
    const { exitCode, output } = await synth(['--input-type=module', '--eval', PLANTED])

    expect(exitCode).toBe(1)
    expect(output).toContain('AwsSolutions-IAM4[Policy::')
    expect(output).toContain('AwsSolutions-IAM5[Resource::*]')
    expect(output).toContain('DelaySeconds: 5000 is greater than the maximum of 900')
  })

  test('do not begin when the settings are not valid: the app ends with the reason', async ({ expect }) => {
    const { exitCode, output } = await synth(['bin/app.ts'], { stage: 'Prod' })

    expect(exitCode).toBe(1)
    expect(output).toContain('configuration_invalid')
    expect(output).toContain('stage: Invalid string')
  })
})
