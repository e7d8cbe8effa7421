import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { type ApiServer, createApiServer, createCfnResponses, type ServiceHandler } from '../aws-api/index.ts'
import { type Broker, createBroker, createMemorySessionStore, createSqliteSessionStore } from '../broker/index.ts'
import { createDynamoDb, dynamoDbService } from '../dynamodb/index.ts'
import { createIam } from '../iam/index.ts'
import {
  createConnectionGate,
  createIotRegistry,
  createRulesEngine,
  iotControlService,
  iotDataService,
} from '../iot/index.ts'
import { createLambdaService, type Deliver, type JsonValue } from '../lambda/index.ts'
import { destinationAction, requireGrant } from '../resources/index.ts'
import { createSecrets, secretsService } from '../secrets/index.ts'
import { createSqsService } from '../sqs/index.ts'
import { lambdaApi } from './lambda-api.ts'
import { LOCAL_ACCOUNT, type RuntimeOptions } from './options.ts'
import { sqsApi } from './sqs-api.ts'

export type Services = Awaited<ReturnType<typeof openServices>>

/**
 * Opens every emulated service on one state database and serves their APIs; nothing is defined in them yet. What is open is in `opened`,
 * also when a later one cannot be had.
 */
export async function openServices(db: DatabaseSync, options: RuntimeOptions, opened: AsyncDisposableStack) {
  const { accountId, region } = LOCAL_ACCOUNT
  const account = { accountId, region }
  const arnPrefix = `arn:aws:iot:${region}:${accountId}`
  const { log } = options
  const iam = createIam({ accountId })
  const registry = createIotRegistry()
  const sqs = createSqsService({ db })
  opened.defer(() => sqs.close())
  const secrets = createSecrets({ db, ...account })
  const dynamoDb = createDynamoDb({
    ...account,
    ...(options.stateFolder && { path: join(options.stateFolder, 'dynamodb') }),
  })
  opened.defer(() => dynamoDb.close())
  const cfnResponses = createCfnResponses()

  const deliver: Deliver = async (targetArn, body, from) => {
    const functionName = from.functionArn.split(':')[6] ?? ''
    if (from.roleArn === undefined) throw new Error(`${functionName} has no role to deliver with`)
    requireGrant({ iam }, from.roleArn, functionName, destinationAction(targetArn), targetArn)
    if (targetArn.split(':')[2] === 'lambda') {
      await lambda.invokeAsync(targetArn, body)
      return
    }
    const { requestId, errorCode, errorMessage } = from
    sqs.send(targetArn, {
      body: JSON.stringify(body),
      messageAttributes: attributes({ RequestID: requestId, ErrorCode: errorCode, ErrorMessage: errorMessage }),
    })
  }

  const lambda = createLambdaService({
    db,
    deliver,
    log: ({ code, ...entry }) => log({ event: code.toLowerCase(), ...entry }),
    onLogLine: options.onLogLine,
  })

  const rules = createRulesEngine({
    accountId,
    log,
    targets: {
      async invokeFunction(functionArn, ruleArn, event) {
        requirePermission(functionArn, ruleArn)
        await lambda.invokeAsync(functionArn, event as JsonValue)
      },
      async sendToQueue(queueUrl, roleArn, body) {
        const queue = sqs.queues().find(({ name }) => queueUrl.endsWith(`/${name}`))
        if (!queue) throw new Error(`there is no queue ${queueUrl}`)
        if (!iam.mayAssume(roleArn, 'iot.amazonaws.com')) throw new Error(`IoT Core may not assume ${roleArn}`)
        requireGrant({ iam }, roleArn, 'iot', 'sqs:SendMessage', queue.arn)
        sqs.send(queue.arn, { body })
      },
    },
  })

  const mayInvoke = (functionArn: string, sourceArn: string) =>
    iam.mayInvoke({ functionArn, servicePrincipal: 'iot.amazonaws.com', sourceArn, sourceAccount: accountId })

  function requirePermission(functionArn: string, sourceArn: string): void {
    if (mayInvoke(functionArn, sourceArn)) return
    throw new Error(`AccessDenied: ${sourceArn} has no permission for lambda:InvokeFunction on ${functionArn}`)
  }

  const gate = createConnectionGate({
    registry,
    arnPrefix,
    mayInvoke: ({ functionArn, sourceArn }) => mayInvoke(functionArn, sourceArn),
    async invoke(functionArn, event) {
      const { payload, functionError } = await lambda.invoke(functionArn, event as JsonValue)
      return { payload, ...(functionError && { functionError: errorText(payload) }) }
    },
  })
  const store = options.stateFolder ? createSqliteSessionStore(db) : createMemorySessionStore()
  const broker: Broker = createBroker({ ...gate, onMessage: (message) => rules.handle(message), store, log })

  const services: Record<string, ServiceHandler> = {
    dynamodb: dynamoDbService(dynamoDb),
    secretsmanager: secretsService(secrets),
    iot: iotControlService({ registry, arnPrefix }),
    iotdata: iotDataService({ broker: () => broker, arnPrefix }),
    lambda: lambdaApi(lambda, { region, accountId }),
    sqs: sqsApi(sqs),
  }
  const api: ApiServer = await createApiServer({
    services,
    identify: (accessKeyId, sessionToken) => iam.identify(accessKeyId, sessionToken),
    authorize: (caller, action, resource, context) => iam.authorize(caller, action, resource, context),
    routes: [cfnResponses.route],
    port: options.apiPort,
    log,
  })
  opened.defer(() => api.close())
  // before the API, which running functions call, and the broker before all: it takes new work in
  opened.defer(() => lambda.close())
  opened.defer(() => broker.close())

  return { iam, registry, sqs, secrets, dynamoDb, cfnResponses, lambda, rules, broker, api }
}

function attributes(values: Record<string, string | number | undefined>) {
  const present = Object.entries(values).filter((entry): entry is [string, string | number] => entry[1] !== undefined)
  return Object.fromEntries(
    present.map(([name, value]) => [
      name,
      { DataType: typeof value === 'number' ? 'Number' : 'String', StringValue: String(value) },
    ]),
  )
}

/** The kind of a function's error, not its message: that may quote what the client sent. */
function errorText(payload: JsonValue): string {
  return payload !== null && typeof payload === 'object' && 'errorType' in payload
    ? String(payload.errorType)
    : 'unknown'
}
