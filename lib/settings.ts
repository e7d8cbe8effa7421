import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import * as z from 'zod'
import {
  bridgeError,
  DEFAULT_ROOT,
  DEFAULT_STAGE,
  DEVICE_REQUEST_LIMITS,
  describeIssue,
  type Fleet,
  IDENTIFIER_PATTERN,
  isTopicKey,
  parseFleet,
  ROOT_PATTERN,
  STAGE_PATTERN,
  TOKEN_LIMITS,
  TOPIC_KEYS,
  topicDefinition,
  WORKFLOW_LIMITS,
} from '#contract/index.ts'
import { upstreamUrlSchema } from '#functions/api/env.ts'
import { jwksUrlSchema } from '#functions/authorizer/env.ts'
import { readSigningKeys } from './signing-keys.ts'
import { readStateMachine, type StateMachineDefinition } from './state-machine-file.ts'

/** The topics that a deployment may open for shared replies. */
const SHARED_REPLY_TOPICS = TOPIC_KEYS.filter((key) => topicDefinition(key).broadcast === 'optIn')
const flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')])

/** What a deployer decides, as CDK context: `cdk deploy -c stage=prod -c root=acme`. */
export const settingsSchema = z.object({
  stage: z.string().regex(STAGE_PATTERN).default(DEFAULT_STAGE),
  /** The topics' root. */
  root: z.string().regex(ROOT_PATTERN).default(DEFAULT_ROOT),
  /** Base URL that the api function forwards to; empty: api requests are answered with upstream_not_configured. */
  apiUpstreamUrl: upstreamUrlSchema.default(''),
  /** Longest token lifetime that the authorizer takes, in seconds. */
  tokenLifetimeSeconds: z.coerce
    .number()
    .int()
    .min(60)
    .max(TOKEN_LIMITS.maxConnectionSeconds)
    .default(TOKEN_LIMITS.defaultLifetimeSeconds),
  /** Days between two issuer keys. */
  issuerRotationDays: z.coerce.number().int().min(1).max(1_000).default(30),
  /** Key document (JWKS) of an identity provider whose tokens are taken beside ours: an https URL. */
  jwksUrl: jwksUrlSchema.default(''),
  /** The same from a file, which is deployed with the authorizer; then no network is used. */
  jwksFile: z.string().default(''),
  /** What `iss` of the provider's tokens must be; empty: not checked. */
  jwksIssuer: z.string().max(1_024).default(''),
  /** What `aud` of the provider's tokens must be or hold; empty: not checked. */
  jwksAudience: z.string().max(1_024).default(''),
  /** Issuer (an https URL) and audiences, comma list, of tokens with which devices may be asked over HTTP; both or none. */
  requestsJwtIssuer: z.union([z.literal(''), z.url({ protocol: /^https$/ })]).default(''),
  requestsJwtAudience: z.string().max(1_024).default(''),
  /** Shared topics opened for replies, comma list: `api/responses`. */
  sharedReplies: z
    .string()
    .default('')
    .transform((list) => list.split(',').filter(Boolean))
    .refine(
      (keys) => keys.every((key) => isTopicKey(key) && topicDefinition(key).broadcast === 'optIn'),
      `expected a comma list of ${SHARED_REPLY_TOPICS.join(', ')}`,
    ),
  /** File with roles and seed devices. */
  fleetFile: z.string().default('fleet.json'),
  /** File with the conscience rules. */
  conscienceRulesFile: z.string().default('functions/conscience/rules.json'),
  /** Client id of the device that decides on what the conscience does not approve. */
  reviewOperator: z.string().regex(IDENTIFIER_PATTERN).default('operator-1'),
  /** How long it has for that, in seconds; after it the judgement of the conscience stands. */
  reviewDecisionSeconds: z.coerce
    .number()
    .int()
    .min(1)
    .max(DEVICE_REQUEST_LIMITS.maxDeadlineSeconds)
    .default(WORKFLOW_LIMITS.decisionSeconds),
  /** File with a state machine that answers conscience/review in place of the durable function; empty: none. */
  reviewStateMachineFile: z.string().default(''),
  /** Adds the endpoint for JWT and client certificate together. */
  mutualTls: flag.default(false),
  /** Adds the endpoint for devices with a client certificate and no token; their rights are the role's policies, attached to the certificate. */
  certificateOnly: flag.default(false),
  /** Adds the endpoint for publishing by HTTPS with a token. */
  httpsPublish: flag.default(false),
  /**
   * PEM file with RSA public keys, of at least 2,048 bits each: the gateway then invokes the authorizer only for tokens that one of them
   * verifies. None by default.
   */
  tokenSigningKeysFile: z.string().optional(),
  /** Keeps who is connected: two invocations for each connection, one when it begins and one when it ends. */
  presence: flag.default(true),
  /** An EventBridge bus on which others hear of requests and devices; billed by the event. */
  events: flag.default(false),
  /** X-Ray's segments of every invocation: its wait, its start, its run; billed by the trace. */
  xray: flag.default(false),
  /** IoT logging is one setting for the whole account; switch it off where another stack has it. */
  iotLogging: flag.default(true),
  /** Concurrency kept free for authorizer and publisher each; 0 keeps none, since a new account may have only ten in all. */
  reservedConcurrency: z.coerce.number().int().min(0).default(0),
  /** Where docs/RUNBOOK.md is read; stands in the description of every alarm. */
  runbookUrl: z.string().min(1).default('docs/RUNBOOK.md'),
  /** SNS topic that alarms notify; none by default. */
  alarmTopicArn: z.string().startsWith('arn:').optional(),
})

export type BridgeSettings = z.output<typeof settingsSchema> & {
  fleet: Fleet
  isProduction: boolean
  /** By name, in PEM; undefined: the gateway checks no signatures. */
  tokenSigningKeys: Record<string, string> | undefined
  reviewStateMachine: StateMachineDefinition | undefined
}

/** Reads the settings and the fleet file. Throws configuration_invalid or fleet_invalid with the name of what is wrong. */
export function readSettings(context: (name: string) => unknown, projectFolder: string): BridgeSettings {
  const given = Object.keys(settingsSchema.shape).map((name) => [name, context(name) ?? undefined])
  const parsed = settingsSchema.safeParse(Object.fromEntries(given))
  if (!parsed.success) throw bridgeError('configuration_invalid', { problem: describeIssue(parsed.error) })
  const settings = parsed.data
  if (settings.jwksUrl && settings.jwksFile) {
    throw bridgeError('configuration_invalid', { problem: 'expected jwksUrl or jwksFile, got both' })
  }
  return {
    ...settings,
    fleet: parseFleet(readJson(resolve(projectFolder, settings.fleetFile)), settings.root),
    isProduction: settings.stage !== DEFAULT_STAGE,
    reviewStateMachine: settings.reviewStateMachineFile
      ? readStateMachine(resolve(projectFolder, settings.reviewStateMachineFile))
      : undefined,
    tokenSigningKeys: settings.tokenSigningKeysFile
      ? readSigningKeys(resolve(projectFolder, settings.tokenSigningKeysFile))
      : undefined,
  }
}

function readJson(file: string): unknown {
  if (!existsSync(file)) throw bridgeError('configuration_invalid', { problem: `there is no file ${file}` })
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw bridgeError('configuration_invalid', { problem: `${file} is not JSON` }, { cause })
  }
}
