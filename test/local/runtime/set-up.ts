import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type RuntimeLogEntry, type RuntimeOptions, startRuntime } from '#local/index.ts'
import { type JsonObject, loadAssembly } from '#local/template/index.ts'
import { LOGS, lambdaFunction, role, type TemplateResources } from '../resources/set-up.ts'

/** Certificates for all tests of a file: making them is what takes time. */
const certificatesFolder = mkdtempSync(join(tmpdir(), 'bridge-runtime-certs-'))

/** Writes a cloud assembly with these resources and the code of its functions, as `cdk synth` would. */
export function writeAssembly(template: JsonObject, code: Readonly<Record<string, string>> = {}): string {
  const folder = temporaryFolder()
  const files = Object.keys(code).map((name) => [
    name,
    { source: { path: name, packaging: 'zip' }, destinations: { here: { objectKey: name } } },
  ])
  const manifest = {
    version: '52.0.0',
    artifacts: {
      assets: { type: 'cdk:asset-manifest', properties: { file: 'test.assets.json' } },
      test: {
        type: 'aws:cloudformation:stack',
        environment: 'aws://unknown-account/unknown-region',
        properties: { templateFile: 'test.template.json', stackName: 'test' },
      },
    },
  }
  const documents = { manifest, 'test.assets': { files: Object.fromEntries(files) }, 'test.template': template }
  for (const [name, document] of Object.entries(documents)) {
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(document))
  }
  for (const [name, source] of Object.entries(code)) {
    mkdirSync(join(folder, name))
    writeFileSync(join(folder, name, 'index.mjs'), source)
  }
  loadAssembly(folder)
  return folder
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-runtime-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Starts a runtime on free ports, closed after the test. */
export async function start(assemblyFolder: string, changes: Partial<RuntimeOptions> = {}) {
  const log: RuntimeLogEntry[] = []
  const runtime = await startRuntime({
    assemblyFolder,
    certificatesFolder,
    mqttPort: 0,
    apiPort: 0,
    log: (entry) => log.push(entry),
    ...changes,
  })
  onTestFinished(() => runtime.close())
  const client = { endpoint: runtime.apiUrl, region: runtime.region, credentials: runtime.credentials, maxAttempts: 1 }
  return { runtime, log, client }
}

/** A port that somebody else has. */
export async function takenPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return address.port
}

/** Rejects when the port is in use. */
export async function takeAndRelease(port: number): Promise<void> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  await new Promise((resolve) => server.close(resolve))
}

/** One of each kind of state, and a function. */
export const RESOURCES: TemplateResources = {
  Table: {
    Type: 'AWS::DynamoDB::Table',
    Properties: {
      TableName: 'things',
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    },
  },
  Secret: {
    Type: 'AWS::SecretsManager::Secret',
    Properties: { Name: 'key', GenerateSecretString: { PasswordLength: 40 } },
  },
  Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'jobs' } },
  Role: role([LOGS]),
  Echo: lambdaFunction('echo'),
}
export const CODE = { echo: 'export const handler = async (event) => ({ echo: event })' }
export const OUTPUTS = { QueueUrl: { Value: { Ref: 'Queue' } }, SecretArn: { Value: { Ref: 'Secret' } } }
