import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { type ApiServer, createApiServer, createCfnResponses, type ServiceHandler } from '../aws-api/index.ts'
import { type Broker, createBroker, createMemorySessionStore, createSqliteSessionStore } from '../broker/index.ts'
import { createCloudWatch } from '../cloudwatch/index.ts'
import { createDurableExecutions, statusChange, withDurableExecutions } from '../durable/index.ts'
import { createDynamoDb, dynamoDbService } from '../dynamodb/index.ts'
import { createEventSources } from '../event-sources/index.ts'
import { createEventBridge, eventsService } from '../events/index.ts'
import { createGateway, type HttpApis, openHttpApiServer } from '../http-api/index.ts'
import { createIam } from '../iam/index.ts'
import {
  createConnectionGate,
  createIotRegistry,
  createPublishGate,
  createRulesEngine,
  type GateOptions,
  iotControlService,
  iotDataService,
} from '../iot/index.ts'
import { createFunctionVersions, createLambdaService, type JsonValue } from '../lambda/index.ts'
import { createMeter } from '../meter/index.ts'
import { createSecrets, secretsService } from '../secrets/index.ts'
import { createSqsService, meteredQueues } from '../sqs/index.ts'
import { createSystemClock } from '../state/index.ts'
import { createStepFunctions, executionStatusEvent, statesService } from '../step-functions/index.ts'
import { createDelivery, invokeRefusal } from './async-destinations.ts'
import { createBusTargets } from './bus-targets.ts'
import { issueClientCertificate } from './client-certificates.ts'
import { createHealth, healthRoute } from './health.ts'
import { lambdaApi } from './lambda-api.ts'
import { metricsRoute } from './metrics-route.ts'
import { LOCAL_ACCOUNT, type RuntimeOptions } from './options.ts'
import { rateLimits } from './rate-limits.ts'
import { readings } from './readings.ts'
import { createRuleFunctions } from './rule-functions.ts'
import { createRuleRights, createRuleTargets } from './rule-targets.ts'
import { sqsApi } from './sqs-api.ts'
import { createTaskServices } from './state-machine-tasks.ts'
import { tracesRoute } from './traces-route.ts'
import { createTracing } from './tracing.ts'

export type Services = Awaited<ReturnType<typeof openServices>>

/**
 * Opens every emulated service on one state database and serves their APIs; nothing is defined in them yet. What is open is in `opened`,
 * also when a later one cannot be had.
 */
export async function openServices(db: DatabaseSync, options: RuntimeOptions, opened: AsyncDisposableStack) {
  const { accountId, region } = LOCAL_ACCOUNT
  const account = { accountId, region }
  const arnPrefix = `arn:aws:iot:${region}:${accountId}`
  const { log, clock = createSystemClock() } = options
  const { isTraced = true, brokerObserver } = options
  const tracing = createTracing({ isTraced, brokerObserver, nowMs: () => performance.timeOrigin + performance.now() })
  const health = createHealth(clock)
  const iam = createIam({ accountId })
  const registry = createIotRegistry(db)
  const meter = createMeter()
  const { count } = meter
  const queues = createSqsService({ db })
  opened.defer(() => queues.close())
  const sqs = meteredQueues(queues, count)
  const secrets = createSecrets({
    db,
    ...account,
    rotation: {
      log,
      async invoke(functionArn, event) {
        const { payload, functionError } = await lambda.invoke(functionArn, event)
        return functionError ? { functionError: errorText(payload) } : {}
      },
      mayInvoke: (functionArn, sourceArn) =>
        iam.mayInvoke({
          functionArn,
          servicePrincipal: 'secretsmanager.amazonaws.com',
          sourceArn,
          sourceAccount: accountId,
        }),
    },
  })
  const dynamoDb = createDynamoDb({
    ...account,
    db,
    count,
    ...(options.stateFolder && { path: join(options.stateFolder, 'dynamodb') }),
  })
  opened.defer(() => dynamoDb.close())
  const cfnResponses = createCfnResponses()

  const deliver = tracing.watched(createDelivery({ iam, sqs, lambda: () => lambda }))
  const versions = createFunctionVersions(db)
  const functions = createLambdaService({
    db,
    deliver,
    log: ({ code, ...entry }) => log({ event: code.toLowerCase(), ...entry }),
    onLogLine(line) {
      cloudWatch.ingest(line)
      tracing.onLogLine(line)
      health.onLogLine(line)
      options.onLogLine?.(line)
    },
    observer: tracing.invocations,
    clock: options.functionClock,
    duplicatesOf: () => (options.duplicateEvents ? 1 : 0),
  })
  const functionRoles = new Map<string, string>()
  const durable = createDurableExecutions({
    db,
    lambda: functions,
    versions,
    account,
    deliver,
    refusal: (functionName, targetArn) => invokeRefusal(iam, functionRoles.get(functionName), functionName, targetArn),
    onStatus(facts) {
      const detail = statusChange(facts)
      events.put({ source: 'aws.lambda', detailType: 'Durable Execution Status Change', detail })
    },
    clock: options.functionClock,
    log,
    count,
  })
  const lambda = withDurableExecutions(functions, () => durable)
  const events = createEventBridge({
    db,
    account,
    targets: createBusTargets(
      {
        iam,
        lambda,
        sqs,
        async startExecution(machineArn, input) {
          states.start(machineArn, { input })
        },
      },
      accountId,
    ),
    clock: options.functionClock,
    log,
    count,
  })

  const states = createStepFunctions({
    db,
    services: createTaskServices({ iam, lambda, versions, sqs, account, events: () => events }),
    onStatus: (execution) => void events.put(executionStatusEvent(execution)),
    clock: options.functionClock,
    log,
    count,
  })

  const cloudWatch = createCloudWatch({ clock, log, readings: () => readings({ lambda, sqs, rules, eventSources }) })
  const rights = createRuleRights(iam, accountId)
  const ruleServices = { iam, lambda, sqs, dynamoDb, secrets, registry, states, broker: () => broker }
  const rules = createRulesEngine({
    accountId,
    log,
    count,
    targets: createRuleTargets(ruleServices, rights, arnPrefix),
    external: createRuleFunctions(ruleServices, rights, arnPrefix),
    observer: tracing.rules,
  })

  async function invokeAuthorizer(functionArn: string, event: unknown) {
    const { payload, functionError } = await lambda.invoke(functionArn, event as JsonValue)
    return { payload, ...(functionError && { functionError: errorText(payload) }) }
  }

  const gateOptions: GateOptions = {
    registry,
    arnPrefix,
    nowMs: () => clock.nowMs(),
    mayInvoke: ({ functionArn, sourceArn }) => rights.mayInvoke(functionArn, sourceArn),
    invoke: invokeAuthorizer,
  }
  const gate = createConnectionGate(gateOptions)
  const store = options.stateFolder ? createSqliteSessionStore(db) : createMemorySessionStore()
  const broker: Broker = createBroker({
    ...gate,
    onMessage: (message) => rules.handle(message),
    store,
    log,
    count,
    clock,
    limits: rateLimits(options.rateLimits ?? 'local'),
    observer: tracing.broker,
  })

  const services: Record<string, ServiceHandler> = {
    dynamodb: dynamoDbService(dynamoDb),
    secretsmanager: secretsService(secrets),
    iot: iotControlService({
      registry,
      arnPrefix,
      invokeAuthorizer,
      issueClientCertificate: () => issueClientCertificate(options.certificatesFolder),
    }),
    iotdata: iotDataService({ broker: () => broker, arnPrefix, clock, count }),
    lambda: lambdaApi({ lambda, versions, durable }, account),
    sqs: sqsApi(queues, count),
    states: statesService(states),
    events: eventsService(events, `arn:aws:events:${region}:${accountId}`),
  }
  const api: ApiServer = await createApiServer({
    services,
    identify: (accessKeyId, sessionToken) => iam.identify(accessKeyId, sessionToken),
    authorize: (caller, action, resource, context) => iam.authorize(caller, action, resource, context),
    routes: [healthRoute(health), cfnResponses.route, metricsRoute(cloudWatch), tracesRoute(tracing.traces)],
    onCall: tracing.onCall,
    port: options.apiPort,
    log,
  })
  opened.defer(() => api.close())
  const httpApis: HttpApis = new Map()
  const gateway = createGateway({
    ...account,
    apis: httpApis,
    iam,
    invoke: (functionArn, event) => lambda.invoke(functionArn, event as JsonValue),
    log,
    count,
    nowMs: () => clock.nowMs(),
  })
  const httpApi = await openHttpApiServer({ gateway, port: options.httpApiPort ?? 0, log })
  const eventSources = createEventSources({ db, sqs, streams: dynamoDb.streams, lambda, region, log })
  // before the API, which running functions call, and the broker before all: it takes new work in
  opened.defer(() => lambda.close())
  opened.defer(() => durable.close())
  opened.defer(() => eventSources.close())
  opened.defer(() => states.close())
  opened.defer(() => events.close())
  opened.defer(() => rules.settled())
  opened.defer(() => broker.close())
  opened.defer(() => httpApi.close())

  return {
    iam,
    registry,
    sqs,
    secrets,
    dynamoDb,
    cloudWatch,
    cfnResponses,
    health,
    lambda,
    versions,
    functionRoles,
    durable,
    eventSources,
    events,
    states,
    rules,
    broker,
    traces: tracing.traces,
    publishGate: createPublishGate(gateOptions),
    arnPrefix,
    meter,
    api,
    httpApis,
    httpApiUrl: httpApi.url,
  }
}

/** The kind of a function's error, not its message: that may quote what the client sent. */
function errorText(payload: JsonValue): string {
  return payload !== null && typeof payload === 'object' && 'errorType' in payload
    ? String(payload.errorType)
    : 'unknown'
}
