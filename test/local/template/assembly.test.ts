import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { App, Stack as CdkStack, aws_lambda as lambda, Stage } from 'aws-cdk-lib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createStack, loadAssembly } from '#local/template/index.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'assembly-'))
const outdir = path.join(folder, 'cdk.out')

beforeAll(() => {
  process.env.CDK_VALIDATION = 'false'
  const code = path.join(folder, 'code')
  mkdirSync(code)
  writeFileSync(path.join(code, 'index.mjs'), 'export const handler = async () => 1')
  const app = new App({ outdir, analyticsReporting: false })
  const second = new CdkStack(app, 'Second')
  const first = new CdkStack(app, 'First')
  second.addStackDependency(first)
  new lambda.Function(first, 'Fn', {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromAsset(code),
    environment: { REGION: first.region },
  })
  new CdkStack(new Stage(app, 'Prod'), 'Third')
  app.synth()
})

afterAll(() => rmSync(folder, { recursive: true }))

describe('loadAssembly', () => {
  test('reads stacks after those they depend on, stages included', () => {
    const assembly = loadAssembly(outdir)

    expect(assembly.stacks.map((stack) => stack.stackName)).toEqual(['Prod-Third', 'First', 'Second'])
    expect(assembly.stack('First').environment).toBe('aws://unknown-account/unknown-region')
    expect(() => assembly.stack('Fourth')).toThrow('expected stack Fourth, got: Prod-Third, First, Second')
  })

  test('maps the code of a synthesized function to its folder', async () => {
    const { template, assetFolder } = loadAssembly(outdir).stack('First')
    const stack = await createStack({
      template,
      registry: {
        'AWS::Lambda::Function': {
          create: ({ properties }) => ({ ref: 'fn', attributes: { Arn: 'arn', properties } }),
        },
      },
      pseudo: { region: 'eu-west-1', accountId: '123456789012', stackName: 'First' },
      context: undefined,
      onUnsupported() {},
    })
    const fn = stack.resources.find((resource) => resource.type === 'AWS::Lambda::Function')
    const code = fn?.properties.Code as { S3Bucket: string; S3Key: string }

    expect(code.S3Bucket).toBe('cdk-hnb659fds-assets-123456789012-eu-west-1')
    expect(assetFolder(code.S3Key)).toMatch(/cdk\.out\/asset\.[0-9a-f]{64}$/)
    expect(assetFolder(code.S3Key.replace('.zip', ''))).toBe(assetFolder(code.S3Key))
    expect(() => assetFolder('0000.zip')).toThrow('no asset manifest lists 0000.zip')
    expect(stack.unsupported).toMatchObject([{ type: 'AWS::IAM::Role' }])
    expect(stack.ignored).toEqual([{ attribute: 'Rules' }])
  })

  test('says what to do when there is no assembly', () => {
    const missing = path.join(folder, 'nowhere')

    expect(() => loadAssembly(missing)).toThrow(
      `cannot read ${missing}/manifest.json; synthesize first (npm run synth)`,
    )
  })

  test.each([
    ['{', 'is not JSON'],
    ['[]', 'expected a JSON object'],
    ['{}', 'artifacts must be an object'],
    ['{"artifacts":{"S":{"type":"aws:cloudformation:stack"}}}', 'expected a text templateFile'],
  ])('refuses the manifest %s', (manifest, reason) => {
    const broken = mkdtempSync(path.join(folder, 'broken-'))
    writeFileSync(path.join(broken, 'manifest.json'), manifest)

    expect(() => loadAssembly(broken)).toThrow(reason)
  })
})
