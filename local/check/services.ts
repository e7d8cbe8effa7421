import { createCfnResponses } from '../aws-api/index.ts'
import { createDurableExecutions } from '../durable/index.ts'
import { createDynamoDb } from '../dynamodb/index.ts'
import { createEventSources } from '../event-sources/index.ts'
import { createEventBridge } from '../events/index.ts'
import { createIam } from '../iam/index.ts'
import { createIotRegistry, createRulesEngine, type RuntimeLog } from '../iot/index.ts'
import { createFunctionVersions, createLambdaService } from '../lambda/index.ts'
import { createCustomResourceLedger, type ResourceContext } from '../resources/index.ts'
import { createSecrets } from '../secrets/index.ts'
import { createSqsService } from '../sqs/index.ts'
import { openState } from '../state/index.ts'
import { createStepFunctions } from '../step-functions/index.ts'

/** A real account and region by their form; nothing is there. */
export const CHECK_ACCOUNT = { accountId: '000000000000', region: 'us-east-1' } as const
const NOWHERE = 'http://127.0.0.1:9'
const nothing = async () => {}
const NO_TASKS = {
  invoke: async () => ({ payload: null, statusCode: 200, executedVersion: '' }),
  sendMessage: async () => ({}),
  putEvents: async () => ({}),
}

/** Services in memory for resources to be defined in. Nothing listens, no function runs, no rule sees a message. */
export function openCheckServices(
  opened: AsyncDisposableStack,
  options: { stackName: string; assetFolder: ResourceContext['assetFolder']; log: RuntimeLog },
): ResourceContext {
  const { log, stackName, assetFolder } = options
  const { accountId, region } = CHECK_ACCOUNT
  const { db } = opened.use(openState({ file: ':memory:' }))
  const iam = createIam({ accountId })
  const sqs = createSqsService({ db })
  const dynamoDb = opened.use(createDynamoDb(CHECK_ACCOUNT))
  const lambda = opened.use(createLambdaService({ db, deliver: nothing, log() {} }))
  const versions = createFunctionVersions(db)
  const mayInvoke = (functionArn: string, sourceArn: string) =>
    iam.mayInvoke({
      functionArn,
      servicePrincipal: 'secretsmanager.amazonaws.com',
      sourceArn,
      sourceAccount: accountId,
    })
  return {
    region,
    accountId,
    stackId: `arn:aws:cloudformation:${region}:${accountId}:stack/${stackName}/check`,
    apiUrl: NOWHERE,
    domainName: 'localhost',
    assetFolder,
    iam,
    lambda,
    versions,
    durable: createDurableExecutions({
      ...{ db, lambda, versions, account: CHECK_ACCOUNT, deliver: nothing },
      onStatus() {},
      refusal: () => undefined,
      log,
    }),
    events: createEventBridge({ db, account: CHECK_ACCOUNT, targets: { send: nothing, bury: nothing }, log }),
    states: createStepFunctions({ db, services: NO_TASKS, onStatus() {}, log }),
    functionRoles: new Map(),
    dynamoDb,
    cloudWatch: { define: () => () => {} },
    secrets: createSecrets({ db, ...CHECK_ACCOUNT, rotation: { log, mayInvoke, invoke: async () => ({}) } }),
    sqs,
    // never started
    eventSources: createEventSources({ db, sqs, streams: dynamoDb.streams, lambda, region: CHECK_ACCOUNT.region, log }),
    iot: createIotRegistry(),
    rules: createRulesEngine({
      accountId,
      log,
      targets: {
        invokeFunction: nothing,
        sendToQueue: nothing,
        publish: nothing,
        putItem: nothing,
        startExecution: nothing,
      },
    }),
    httpApis: new Map(),
    httpApiUrl: NOWHERE,
    cfnResponses: createCfnResponses(),
    customResources: createCustomResourceLedger(db),
    // what a start does once the stack is there is no check
    afterStart() {},
    log,
  }
}
