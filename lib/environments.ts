import type * as z from 'zod'
import { functionName, PRESENCE_LIMITS } from '#contract/index.ts'
import type { announcerEnvironment } from '#functions/announcer/env.ts'
import type { answersEnvironment } from '#functions/answers/env.ts'
import type { apiEnvironment } from '#functions/api/env.ts'
import type { authorizerEnvironment } from '#functions/authorizer/env.ts'
import type { conscienceEnvironment } from '#functions/conscience/env.ts'
import type { eventsEnvironment } from '#functions/events/env.ts'
import type { httpEnvironment } from '#functions/http/env.ts'
import type { memoryEnvironment } from '#functions/memory/env.ts'
import type { presenceEnvironment } from '#functions/presence/env.ts'
import type { publisherEnvironment } from '#functions/publisher/env.ts'
import type { reconcilerEnvironment } from '#functions/reconciler/env.ts'
import type { registrarEnvironment } from '#functions/registrar/env.ts'
import type { requesterEnvironment } from '#functions/requester/env.ts'
import type { reviewEnvironment } from '#functions/review/env.ts'
import type { rotatorEnvironment } from '#functions/rotator/env.ts'
import type { starterEnvironment } from '#functions/starter/env.ts'
import type { tokensEnvironment } from '#functions/tokens/env.ts'
import type { FunctionName } from './bundles.ts'
import type { Tables } from './constructs/tables.ts'
import type { BridgeSettings } from './settings.ts'

/** Each function's schema: a variable that it needs and is not given here does not compile. */
type Schemas = {
  answers: typeof answersEnvironment
  announcer: typeof announcerEnvironment
  api: typeof apiEnvironment
  authorizer: typeof authorizerEnvironment
  conscience: typeof conscienceEnvironment
  events: typeof eventsEnvironment
  http: typeof httpEnvironment
  memory: typeof memoryEnvironment
  presence: typeof presenceEnvironment
  publisher: typeof publisherEnvironment
  reconciler: typeof reconcilerEnvironment
  registrar: typeof registrarEnvironment
  requester: typeof requesterEnvironment
  review: typeof reviewEnvironment
  rotator: typeof rotatorEnvironment
  starter: typeof starterEnvironment
  tokens: typeof tokensEnvironment
}
/** Left to the function's own default. */
type Defaulted = 'API_TIMEOUT_MS'
type Variables = { [Name in FunctionName]: Record<Exclude<keyof z.input<Schemas[Name]>, Defaulted>, string> }

/** The variables of every function. */
export function environmentsOf(stack: {
  settings: BridgeSettings
  tables: Tables
  issuerSecretArn: string
  deviceMasterSecretArn: string
  apiUpstreamUrl: string
  presenceQueueUrl: string
  publisherName: string
  /** JSON: what runs under the names of the workflows. */
  workflows: string
  eventBusName: string
}): Variables {
  const { settings, tables } = stack
  const topics = { TOPIC_ROOT: settings.root }
  const correlation = { ...topics, CORRELATION_TABLE: tables.correlations.tableName }
  const requests = { ...correlation, SHARED_REPLIES: settings.sharedReplies.join(',') }
  const finisher = { ...correlation, PUBLISHER_FUNCTION: stack.publisherName }
  const devices = { DEVICE_TABLE: tables.devices.tableName }
  const judging = { RULE_TABLE: tables.rules.tableName }
  const asking = { ...correlation, ...devices, PUBLISHER_FUNCTION: stack.publisherName }
  const issuer = {
    ISSUER_SECRET_ID: stack.issuerSecretArn,
    TOKEN_MAX_LIFETIME_SECONDS: String(settings.tokenLifetimeSeconds),
  }
  return {
    announcer: {
      EVENT_BUS_NAME: stack.eventBusName,
      CORRELATION_TABLE: tables.correlations.tableName,
      PRESENCE_TABLE: tables.presence.tableName,
    },
    authorizer: {
      ...topics,
      ...devices,
      ...issuer,
      DEVICE_MASTER_SECRET_ID: stack.deviceMasterSecretArn,
      JWKS_URL: settings.jwksUrl,
      JWKS_ISSUER: settings.jwksIssuer,
      JWKS_AUDIENCE: settings.jwksAudience,
    },
    answers: correlation,
    requester: asking,
    http: asking,
    conscience: { ...requests, ...judging },
    memory: { ...requests, ...devices, MEMORY_TABLE: tables.memories.tableName },
    api: { ...requests, ...devices, API_UPSTREAM_URL: stack.apiUpstreamUrl },
    events: { ...topics, STATUS_TABLE: tables.status.tableName },
    presence: {
      PRESENCE_TABLE: tables.presence.tableName,
      PRESENCE_QUEUE_URL: stack.presenceQueueUrl,
      PRESENCE_GRACE_SECONDS: String(PRESENCE_LIMITS.graceSeconds),
    },
    publisher: correlation,
    reconciler: finisher,
    review: {
      ...finisher,
      ...judging,
      REQUESTER_FUNCTION: functionName(settings.stage, 'requester'),
      REVIEW_OPERATOR: settings.reviewOperator,
      REVIEW_DECISION_SECONDS: String(settings.reviewDecisionSeconds),
    },
    starter: { ...requests, WORKFLOWS: stack.workflows },
    registrar: devices,
    rotator: issuer,
    tokens: { ...topics, ...devices, ...issuer, DEVICE_MASTER_SECRET_ID: stack.deviceMasterSecretArn },
  }
}
