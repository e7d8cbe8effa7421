import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect as connectTls } from 'node:tls'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { DescribeSecretCommand, GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { expect, onTestFinished, test } from 'vitest'
import type { JsonObject } from '#local/template/index.ts'
import { LOGS, lambdaFunction, role, type TemplateResources } from '../resources/set-up.ts'
import { CODE, OUTPUTS, RESOURCES, start, writeAssembly } from './set-up.ts'

const assembly = (resources: TemplateResources, code: Readonly<Record<string, string>> = CODE, rest: JsonObject = {}) =>
  writeAssembly({ Resources: resources, ...rest } as JsonObject, code)
const EDITED = { edited: "export const handler = async () => 'edited'" }
const edited: TemplateResources = {
  ...RESOURCES,
  Echo: lambdaFunction('echo', { Code: { S3Bucket: 'assets', S3Key: 'edited' } }),
}

async function startWithClient(folder: string) {
  const { runtime, log, client } = await start(folder)
  const lambda = new LambdaClient(client)
  onTestFinished(() => lambda.destroy())
  const invoke = async () => {
    const { Payload } = await lambda.send(new InvokeCommand({ FunctionName: 'echo', Payload: '1' }))
    return JSON.parse(Buffer.from(Payload ?? []).toString('utf8')) as unknown
  }
  return { runtime, log, client, invoke }
}

test('another assembly runs from now on, with the data there was', async () => {
  const { runtime, client, invoke } = await startWithClient(assembly(RESOURCES, CODE, { Outputs: OUTPUTS }))
  const secrets = new SecretsManagerClient(client)
  onTestFinished(() => secrets.destroy())
  const secretOf = async () => (await secrets.send(new GetSecretValueCommand({ SecretId: 'key' }))).SecretString
  const secret = await secretOf()
  expect(await invoke()).toEqual({ echo: 1 })

  const { Table: _, ...others } = edited
  const folder = assembly(others, EDITED, { Outputs: { Name: { Value: { Ref: 'Echo' } } } })
  expect(await runtime.reload(folder)).toEqual({ created: [], updated: ['Echo'], removed: ['Table'] })

  expect(await invoke()).toBe('edited')
  expect(await secretOf()).toBe(secret)
  expect(runtime.outputs).toEqual({ Name: 'echo' })
})

test('code of an assembly before is in use as long as a function is what it was', async () => {
  const first = assembly(RESOURCES)
  const { runtime } = await startWithClient(first)
  await runtime.reload(assembly({ ...RESOURCES, Other: lambdaFunction('other') }, { ...CODE, other: EDITED.edited }))

  expect(runtime.codeFolders()).toEqual([expect.stringContaining(first), expect.stringContaining('/other')])
})

test('a role that lacks what its function needs is refused, and everything is as before', async () => {
  const { runtime, invoke } = await startWithClient(assembly(RESOURCES))
  const withoutLogs = { ...edited, Role: role([{ action: 'sqs:SendMessage', resource: '*' }]) }

  await expect(runtime.reload(assembly(withoutLogs, EDITED))).rejects.toThrow('logs:CreateLogStream')
  expect(await invoke()).toEqual({ echo: 1 })

  await runtime.reload(assembly(RESOURCES))
  expect(await invoke()).toEqual({ echo: 1 })
})

test('a rotation that comes with a change begins when the change holds, and not when it is refused', async () => {
  const rotator = {
    Rotator: lambdaFunction('rotator', { Code: { S3Bucket: 'assets', S3Key: 'echo' } }),
    Permission: {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        FunctionName: { Ref: 'Rotator' },
        Principal: 'secretsmanager.amazonaws.com',
        Action: 'lambda:InvokeFunction',
      },
    },
  }
  const schedule = {
    Schedule: {
      Type: 'AWS::SecretsManager::RotationSchedule',
      DependsOn: 'Permission',
      Properties: { SecretId: { Ref: 'Secret' }, RotationLambdaARN: { 'Fn::GetAtt': ['Rotator', 'Arn'] } },
    },
  }
  const before = { ...RESOURCES, ...rotator }
  const { runtime, client } = await startWithClient(assembly(before))
  const secrets = new SecretsManagerClient(client)
  onTestFinished(() => secrets.destroy())
  const versions = async () => {
    const { VersionIdsToStages = {} } = await secrets.send(new DescribeSecretCommand({ SecretId: 'key' }))
    return Object.values(VersionIdsToStages).flat()
  }
  const faulty = { Faulty: { Type: 'AWS::SQS::Queue', DependsOn: 'Schedule', Properties: { VisibilityTimeout: -1 } } }

  await expect(runtime.reload(assembly({ ...before, ...schedule, ...faulty }))).rejects.toThrow('VisibilityTimeout')
  expect(await versions()).toEqual(['AWSCURRENT'])

  await runtime.reload(assembly({ ...before, ...schedule }))
  expect(await versions()).toContain('AWSPENDING')
})

test('an assembly that is none, or of another stack, is refused', async () => {
  const { runtime, invoke } = await startWithClient(assembly(RESOURCES))
  const folder = assembly(RESOURCES)
  const manifest = `${folder}/manifest.json`
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('"stackName":"test"', '"stackName":"other"'))

  await expect(runtime.reload(folder)).rejects.toThrow('the stack test cannot become other while it runs; start again')
  await expect(runtime.reload('/nowhere')).rejects.toMatchObject({ code: 'ASSEMBLY_NOT_FOUND' })
  expect(await invoke()).toEqual({ echo: 1 })
})

const REGISTRAR = `export const handler = async ({ RequestType, ResponseURL }) => {
  console.log('asked to', RequestType)
  const body = JSON.stringify({ Status: 'SUCCESS', PhysicalResourceId: 'x' })
  await fetch(ResponseURL, { method: 'PUT', body })
}`

test('a custom resource that leaves the template together with its function is deleted by it', async () => {
  const lines: string[] = []
  const folder = assembly(
    {
      Role: role([LOGS]),
      Registrar: lambdaFunction('registrar'),
      It: { Type: 'Custom::Device', Properties: { ServiceToken: { 'Fn::GetAtt': ['Registrar', 'Arn'] } } },
    },
    { registrar: REGISTRAR },
  )
  const { runtime, log } = await start(folder, { onLogLine: ({ text }) => lines.push(text) })

  expect(await runtime.reload(assembly({ Role: role([LOGS]) }))).toMatchObject({ removed: ['Registrar', 'It'] })
  const asked = lines.filter((line) => line.includes('asked to'))
  expect(asked).toEqual([expect.stringContaining('Create'), expect.stringContaining('Delete')])
  expect(log.filter(({ event }) => event.startsWith('custom_resource'))).toEqual([])
})

test('an endpoint that is new is opened', async () => {
  const domain = (ApplicationProtocol: string) => ({
    Type: 'AWS::IoT::DomainConfiguration',
    Properties: {
      DomainConfigurationName: ApplicationProtocol,
      AuthenticationType: 'CUSTOM_AUTH',
      ApplicationProtocol,
    },
  })
  const before = { ...RESOURCES, Mqtt: domain('SECURE_MQTT') }
  const { runtime } = await startWithClient(assembly(before))
  expect(runtime.endpoints.wss).toBeUndefined()

  await runtime.reload(assembly({ ...before, Wss: domain('MQTT_WSS') }))

  const { port, hostname } = new URL(runtime.endpoints.wss ?? '')
  const socket = connectTls({ port: Number(port), host: hostname, rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  socket.destroy()
})

test('two reloads at once are one after the other', async () => {
  const { runtime, invoke } = await startWithClient(assembly(RESOURCES))
  const folders = ['one', 'two'].map((name) =>
    assembly(
      { ...RESOURCES, Echo: lambdaFunction('echo', { Code: { S3Bucket: 'a', S3Key: name } }) },
      { [name]: `export const handler = async () => '${name}'` },
    ),
  )
  await Promise.all(folders.map((folder) => runtime.reload(folder)))

  expect(await invoke()).toBe('two')
})
