import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createApiServer, createCfnResponses } from '#local/aws-api/index.ts'
import { createCloudWatch } from '#local/cloudwatch/index.ts'
import { createDurableExecutions } from '#local/durable/index.ts'
import { createDynamoDb } from '#local/dynamodb/index.ts'
import { createEventSources } from '#local/event-sources/index.ts'
import { createEventBridge } from '#local/events/index.ts'
import { createIam } from '#local/iam/index.ts'
import { createIotRegistry, createRulesEngine, type RuntimeLogEntry } from '#local/iot/index.ts'
import { type AsyncSettings, createFunctionVersions, createLambdaService, type JsonValue } from '#local/lambda/index.ts'
import { createCustomResourceLedger, RESOURCE_EMULATORS, type ResourceContext } from '#local/resources/index.ts'
import { createSecrets } from '#local/secrets/index.ts'
import { createSqsService } from '#local/sqs/index.ts'
import { openState } from '#local/state/index.ts'
import { createStepFunctions } from '#local/step-functions/index.ts'
import { createStack, type JsonObject } from '#local/template/index.ts'

export const ACCOUNT = { region: 'us-east-1', accountId: '000000000000' } as const
export const lambdaArn = (name: string) => `arn:aws:lambda:us-east-1:000000000000:function:${name}`

export interface TemplateResources {
  [logicalId: string]: { Type: string; Properties?: JsonObject; DependsOn?: string }
}

/** All services that resources are created in, each the real one, in memory. */
export async function setUp() {
  const state = openState({ file: ':memory:' })
  const folder = mkdtempSync(join(tmpdir(), 'bridge-resources-'))
  const log: RuntimeLogEntry[] = []
  const ruleEvents: { functionArn: string; event: unknown }[] = []
  const actions: (() => void)[] = []
  const iam = createIam(ACCOUNT)
  const cfnResponses = createCfnResponses()
  const dynamoDb = createDynamoDb(ACCOUNT)
  // one environment a function: what a handler keeps is there in the next invocation
  const lambda = createLambdaService({ db: state.db, deliver: async () => {}, log() {}, maxWorkersPerFunction: 1 })
  const versions = createFunctionVersions(state.db)
  const api = await createApiServer({
    services: {},
    identify: () => undefined,
    authorize: () => ({ decision: 'implicitDeny' }),
    routes: [cfnResponses.route],
    log() {},
  })
  const cloudWatch = createCloudWatch({
    clock: { nowMs: () => Date.now() },
    log: (entry) => log.push(entry),
    readings: () => [],
  })
  const settings = new Map<string, AsyncSettings>()
  const configureAsync = lambda.configureAsync
  lambda.configureAsync = (name, given) => {
    configureAsync(name, given)
    settings.set(name, given)
  }
  const sqs = createSqsService({ db: state.db })
  const eventSources = createEventSources({
    db: state.db,
    sqs,
    streams: dynamoDb.streams,
    lambda,
    region: ACCOUNT.region,
    log: (entry) => log.push(entry),
  })
  const context: ResourceContext = {
    ...ACCOUNT,
    stackId: 'arn:aws:cloudformation:us-east-1:000000000000:stack/test/local',
    apiUrl: api.url,
    domainName: 'localhost',
    assetFolder: (key) => join(folder, key),
    iam,
    lambda,
    versions,
    durable: createDurableExecutions({
      ...{ db: state.db, lambda, versions, account: ACCOUNT },
      deliver: async () => {},
      onStatus() {},
      refusal: () => undefined,
      log() {},
    }),
    events: createEventBridge({
      db: state.db,
      account: ACCOUNT,
      targets: { async send() {}, async bury() {} },
      log() {},
    }),
    states: createStepFunctions({
      db: state.db,
      services: {
        invoke: async () => ({ payload: null, statusCode: 200, executedVersion: '' }),
        sendMessage: async () => ({}),
        putEvents: async () => ({}),
      },
      onStatus() {},
      log() {},
    }),
    functionRoles: new Map(),
    dynamoDb,
    cloudWatch,
    secrets: createSecrets({ db: state.db, ...ACCOUNT }),
    sqs,
    eventSources,
    iot: createIotRegistry(),
    rules: createRulesEngine({
      accountId: ACCOUNT.accountId,
      log: (entry) => log.push(entry),
      targets: {
        async invokeFunction(functionArn, _, event) {
          ruleEvents.push({ functionArn, event })
        },
        async sendToQueue() {},
        async publish() {},
        async putItem() {},
      },
    }),
    httpApis: new Map(),
    httpApiUrl: 'http://127.0.0.1:9',
    cfnResponses,
    customResources: createCustomResourceLedger(state.db),
    afterStart: (action) => void actions.push(action),
    log: (entry) => log.push(entry),
  }
  onTestFinished(async () => {
    await eventSources.close()
    await lambda.close()
    await api.close()
    await dynamoDb.close()
    context.sqs.close()
    state.close()
    rmSync(folder, { recursive: true, force: true })
  })

  return {
    context,
    cloudWatch,
    log,
    ruleEvents,
    /** For asynchronous events, by function. */
    settings,
    /** Creates these resources as the stack `test`, and checks them as the runtime does. */
    async create(resources: TemplateResources) {
      const stack = await createStack({
        template: { Resources: resources },
        registry: RESOURCE_EMULATORS,
        pseudo: { ...ACCOUNT, stackName: 'test' },
        context,
        onUnsupported() {},
        onComplete(all) {
          for (const check of all.flatMap((resource) => resource.checks)) check()
        },
      })
      for (const action of actions.splice(0)) action()
      return stack
    },
    /** Code of a function under the S3 key that its template names. */
    writeAsset(key: string, source: string) {
      mkdirSync(join(folder, key), { recursive: true })
      writeFileSync(join(folder, key, 'index.mjs'), source)
    },
    invoke: async (name: string, payload: JsonValue = null) => (await lambda.invoke(name, payload)).payload,
  }
}

/** A role with these grants, that Lambda or another service may assume. */
export function role(
  grants: { action: string | string[]; resource: string }[],
  service = 'lambda.amazonaws.com',
): TemplateResources[string] {
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      RoleName: 'worker',
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: service } }],
      },
      ...(grants.length > 0 && {
        Policies: [
          {
            PolicyName: 'grants',
            PolicyDocument: {
              Version: '2012-10-17',
              Statement: grants.map(({ action, resource }) => ({
                Effect: 'Allow',
                Action: action,
                Resource: resource,
              })),
            },
          },
        ],
      }),
    },
  }
}

export const LOGS = { action: ['logs:CreateLogStream', 'logs:PutLogEvents'], resource: 'arn:aws:logs:*:*:*' }

/** A function whose code is the asset of its own name. */
export function lambdaFunction(name: string, changes: JsonObject = {}): TemplateResources[string] {
  return {
    Type: 'AWS::Lambda::Function',
    Properties: {
      FunctionName: name,
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
      Code: { S3Bucket: 'assets', S3Key: name },
      ...changes,
    },
  }
}
