import { CfnOutput, CfnParameter, Stack, type StackProps } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import {
  ASYNCHRONOUS_LIMITS,
  deploymentNames,
  functionName,
  type HandlerName,
  RULE_ERRORS_LABEL,
  WORKFLOW_LIMITS,
} from '#contract/index.ts'
import { MEMORY_TIME_INDEX } from '#functions/memory/env.ts'
import type { BundleFolders, FunctionName } from './bundles.ts'
import type { BridgeFunction } from './constructs/bridge-function.ts'
import { DeviceEndpoints } from './constructs/device-endpoints.ts'
import { DeviceRequests } from './constructs/device-requests.ts'
import { EventBus } from './constructs/event-bus.ts'
import { IotLogging } from './constructs/iot-logging.ts'
import { addMonitoring } from './constructs/monitoring.ts'
import { Presence } from './constructs/presence.ts'
import { allowPublishing } from './constructs/publishing.ts'
import { addRegistration } from './constructs/registration.ts'
import { Secrets } from './constructs/secrets.ts'
import { StackFunctions } from './constructs/stack-functions.ts'
import { Tables } from './constructs/tables.ts'
import { TokenService } from './constructs/token-service.ts'
import { TopicRoutes } from './constructs/topic-routes.ts'
import { executionTimeoutSeconds, Workflows, workflowTargets } from './constructs/workflows.ts'
import { environmentsOf } from './environments.ts'
import type { BridgeSettings } from './settings.ts'

export interface BridgeStackProps extends StackProps {
  settings: BridgeSettings
  bundles: BundleFolders
}

/** IoT Core gives a custom authorizer this long. https://docs.aws.amazon.com/iot/latest/developerguide/config-custom-auth.html */
const AUTHORIZER_TIMEOUT_SECONDS = 5
/** Memory buys processor time, and every connect waits for this function. */
const AUTHORIZER_MEMORY_MB = 512
/** It waits for the publisher, which sends directly and then by topic. */
const REQUESTER_TIMEOUT_SECONDS = 20
/** As long as API Gateway waits. */
const HTTP_TIMEOUT_SECONDS = 30
/** A deployment waits for it and nobody else does. */
const REGISTRAR_TIMEOUT_SECONDS = 60
/** One invocation of a workflow, of which it takes several; long enough for the requester, which it asks. */
const WORKFLOW_TIMEOUT_SECONDS = 30

/** The whole bridge of one stage: endpoints, rules, functions, tables, queues, alarms. */
export class BridgeStack extends Stack {
  constructor(scope: Construct, id: string, props: BridgeStackProps) {
    super(scope, id, props)
    const { settings } = props
    const names = deploymentNames(settings.stage)
    const tables = new Tables(this, 'Tables', settings)
    const secrets = new Secrets(this, 'Secrets', settings)
    const functions = new StackFunctions(this, props)
    const errorQueue = functions.deadLetterQueue(RULE_ERRORS_LABEL, { id: 'RuleErrors' })
    const queueOf = (name: FunctionName) => functions.deadLetterQueue(name)
    const presence = settings.presence ? new Presence(this, 'Presence', settings, queueOf('presence')) : undefined
    const eventBus = settings.events ? new EventBus(this, 'EventBus', settings) : undefined
    const environments = environmentsOf({
      settings,
      tables,
      issuerSecretArn: secrets.issuer.secretArn,
      deviceMasterSecretArn: secrets.deviceMaster.secretArn,
      apiUpstreamUrl: settings.apiUpstreamUrl || this.#upstreamParameter(),
      presenceQueueUrl: presence?.queueUrl ?? '',
      publisherName: functionName(settings.stage, 'publisher'),
      workflows: this.toJsonString(workflowTargets(this, settings)),
      eventBusName: eventBus?.busName ?? '',
    })
    const reserved = settings.reservedConcurrency

    const publisher = functions.add('publisher', 'Publishes outcomes to MQTT', environments.publisher, {
      deadLetterQueue: queueOf('publisher'),
      reservedConcurrency: reserved,
    })
    allowPublishing(publisher, settings.root)
    publisher.allow('dynamodb:UpdateItem', tables.correlations.tableArn)
    functions.asynchronous(publisher, ASYNCHRONOUS_LIMITS.publisher)

    const authorizer = functions.add(
      'authorizer',
      'Decides who connects and with which rights',
      environments.authorizer,
      {
        timeoutSeconds: AUTHORIZER_TIMEOUT_SECONDS,
        memoryMb: AUTHORIZER_MEMORY_MB,
        reservedConcurrency: reserved,
      },
    )
    authorizer.allow('dynamodb:GetItem', tables.devices.tableArn)
    authorizer.allow('secretsmanager:GetSecretValue', secrets.issuer.secretArn, secrets.deviceMaster.secretArn)
    const rotator = functions.add('rotator', 'Renews the issuer key', environments.rotator)
    secrets.rotateIssuer(rotator, settings.issuerRotationDays)
    const tokens = functions.add('tokens', 'Issues tokens over HTTP', environments.tokens)
    tokens.allow('dynamodb:GetItem', tables.devices.tableArn)
    tokens.allow('secretsmanager:GetSecretValue', secrets.issuer.secretArn, secrets.deviceMaster.secretArn)
    const tokenService = new TokenService(this, 'TokenService', { ...settings, tokens })

    const handlers: Record<HandlerName, BridgeFunction> = {
      conscience: functions.add('conscience', 'Evaluates actions', environments.conscience, {
        deadLetterQueue: queueOf('conscience'),
      }),
      memory: functions.add('memory', 'Stores and finds memories', environments.memory, {
        deadLetterQueue: queueOf('memory'),
      }),
      api: functions.add('api', 'Forwards requests to the API upstream', environments.api, {
        deadLetterQueue: queueOf('api'),
      }),
      answers: functions.add('answers', 'Stores the answers of devices', environments.answers, {
        deadLetterQueue: queueOf('answers'),
      }),
      events: functions.add('events', 'Keeps the last state of each client', environments.events, {
        deadLetterQueue: queueOf('events'),
      }),
      starter: functions.add('starter', 'Starts the workflows that answer requests', environments.starter, {
        deadLetterQueue: queueOf('starter'),
      }),
    }
    for (const name of ['conscience', 'memory', 'api'] as const) {
      handlers[name].allow('dynamodb:UpdateItem', tables.correlations.tableArn)
      functions.asynchronous(handlers[name], ASYNCHRONOUS_LIMITS.request, publisher)
    }
    for (const name of ['events', 'answers'] as const) {
      functions.asynchronous(handlers[name], ASYNCHRONOUS_LIMITS.event, publisher)
    }
    functions.asynchronous(handlers.starter, ASYNCHRONOUS_LIMITS.workflowStart, publisher)
    handlers.memory.allow('dynamodb:PutItem', tables.memories.tableArn)
    handlers.memory.allow('dynamodb:Query', `${tables.memories.tableArn}/index/${MEMORY_TIME_INDEX.indexName}`)
    handlers.memory.allow('dynamodb:GetItem', tables.devices.tableArn)
    handlers.api.allow('dynamodb:GetItem', tables.devices.tableArn)
    handlers.events.allow('dynamodb:UpdateItem', tables.status.tableArn)

    const requester = functions.add('requester', 'Asks devices for workflows', environments.requester, {
      timeoutSeconds: REQUESTER_TIMEOUT_SECONDS,
    })
    const http = functions.add('http', 'Asks devices for HTTP callers', environments.http, {
      timeoutSeconds: HTTP_TIMEOUT_SECONDS,
    })
    const deviceRequests = new DeviceRequests(this, 'DeviceRequests', {
      settings,
      tables,
      publisher,
      requester,
      http,
      answers: handlers.answers,
    })

    const reconcilerQueue = queueOf('reconciler')
    const reconciler = functions.add('reconciler', 'Answers for workflows that failed', environments.reconciler, {
      deadLetterQueue: reconcilerQueue,
    })
    functions.asynchronous(reconciler, ASYNCHRONOUS_LIMITS.event)
    const review = functions.add('review', 'Workflow: an operator reviews an action', environments.review, {
      deadLetterQueue: functions.deadLetterQueue('review', { delaySeconds: WORKFLOW_LIMITS.deadLetterDelaySeconds }),
      timeoutSeconds: WORKFLOW_TIMEOUT_SECONDS,
      executionTimeoutSeconds: executionTimeoutSeconds(settings.reviewDecisionSeconds),
    })
    for (const judge of [handlers.conscience, review]) judge.allow('dynamodb:Query', tables.rules.tableArn)
    new Workflows(this, 'Workflows', {
      ...{ settings, tables, publisher, requester, starter: handlers.starter, reconciler, reconcilerQueue },
      durable: { review },
    })

    const routes = new TopicRoutes(this, 'Routes', {
      stage: settings.stage,
      root: settings.root,
      functions: handlers,
      errorQueue,
    })
    const optional: Record<string, BridgeFunction> = {}
    if (eventBus) {
      optional.announcer = functions.add('announcer', 'Tells others what happens', environments.announcer)
      eventBus.feed(optional.announcer, tables)
    }
    if (presence) {
      const { deadLetterQueue } = presence
      optional.presence = functions.add('presence', 'Follows who is there', environments.presence, { deadLetterQueue })
      functions.asynchronous(optional.presence, ASYNCHRONOUS_LIMITS.event)
      presence.invoke(optional.presence, tables, routes)
    }
    const endpoints = new DeviceEndpoints(this, 'Endpoints', { ...settings, authorizer })
    const registrar = functions.add(
      'registrar',
      'Writes devices and host names at deployment',
      environments.registrar,
      { timeoutSeconds: REGISTRAR_TIMEOUT_SECONDS },
    )
    addRegistration(this, registrar, { settings, tables, endpoints })
    if (settings.iotLogging) new IotLogging(this, 'IotLogging')
    addMonitoring(this, settings, {
      functions: {
        ...{ ...handlers, publisher, reconciler, review, authorizer, registrar, requester, http, rotator, tokens },
        ...optional,
      },
      withDestinations: Object.keys(handlers),
      streamReaders: eventBus ? ['announcer'] : [],
      deadLetterQueues: functions.queues,
      ruleNames: routes.ruleNames,
    })
    this.#outputs({
      Stage: settings.stage,
      TopicRoot: settings.root,
      AuthorizerName: endpoints.authorizerName,
      DomainConfigurationNames: endpoints.domainConfigurations.map((one) => one.ref).join(','),
      IssuerSecretName: names.issuerSecret,
      DeviceMasterSecretName: names.deviceMasterSecret,
      CorrelationTable: tables.correlations.tableName,
      DeviceTable: tables.devices.tableName,
      MemoryTable: tables.memories.tableName,
      StatusTable: tables.status.tableName,
      PresenceTable: tables.presence.tableName,
      RuleTable: tables.rules.tableName,
      TokenServiceUrl: tokenService.url,
      ...deviceRequests.urls,
    })
  }

  /**
   * A deployment without the setting can be given one by parameter, as the local runtime does. A setting goes into the template itself:
   * the CDK keeps the value of a parameter over later deployments, whatever its new default.
   */
  #upstreamParameter(): string {
    return new CfnParameter(this, 'ApiUpstreamUrl', {
      default: '',
      description: 'Base URL that api requests are forwarded to; empty: they are refused',
    }).valueAsString
  }

  #outputs(values: Readonly<Record<string, string>>): void {
    for (const [key, value] of Object.entries(values)) new CfnOutput(this, `${key}Output`, { key, value })
  }
}
