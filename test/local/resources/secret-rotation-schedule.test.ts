import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { createSecrets } from '#local/secrets/index.ts'
import { ACCOUNT, lambdaArn, setUp, type TemplateResources } from './set-up.ts'

const SECRET: TemplateResources = { Key: { Type: 'AWS::SecretsManager::Secret', Properties: { SecretString: 'v1' } } }

async function withSchedule(properties: object, mayInvoke = true) {
  const { context, create } = await setUp()
  const steps: string[] = []
  const db = new DatabaseSync(':memory:')
  context.secrets = createSecrets({
    db,
    ...ACCOUNT,
    rotation: {
      log() {},
      mayInvoke: () => mayInvoke,
      async invoke(functionArn, { Step = '' }) {
        steps.push(`${functionArn} ${Step}`)
        return { functionError: 'enough' }
      },
    },
  })
  const Properties = { SecretId: { Ref: 'Key' }, RotationLambdaARN: lambdaArn('rotator'), ...properties }
  const deploy = async () => {
    const stack = await create({ ...SECRET, It: { Type: 'AWS::SecretsManager::RotationSchedule', Properties } })
    await context.secrets.rotationsIdle()
    return stack
  }
  return { context, deploy, steps }
}

test('a schedule has the secret rotated by its function, and its Ref is the secret', async () => {
  const { context, deploy, steps } = await withSchedule({
    RotationRules: { AutomaticallyAfterDays: 7 },
    RotateImmediatelyOnUpdate: false,
  })
  const stack = await deploy()
  const secretArn = String(stack.resource('Key').ref)

  expect(stack.resource('It').ref).toBe(secretArn)
  expect(context.secrets.handle('DescribeSecret', { SecretId: secretArn })).toMatchObject({
    RotationEnabled: true,
    RotationLambdaARN: lambdaArn('rotator'),
    RotationRules: { AutomaticallyAfterDays: 7 },
  })
  expect(steps).toEqual([])
})

test('a new schedule rotates once all resources exist, unless it says otherwise', async () => {
  const { deploy, steps } = await withSchedule({})
  await deploy()

  expect(steps).toEqual([`${lambdaArn('rotator')} createSecret`])
})

test('a function that Secrets Manager may not invoke stops the deployment', async () => {
  const { deploy } = await withSchedule({}, false)

  await expect(deploy()).rejects.toThrow('Secrets Manager cannot invoke the specified Lambda function')
})
