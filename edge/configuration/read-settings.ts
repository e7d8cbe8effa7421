import { isIPv4 } from 'node:net'
import type * as z from 'zod'
import type { EdgeSettings } from './settings.ts'
import { PETAL_PREFIX, VARIABLES, type VariableName } from './variables.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface Problem {
  readonly variable: string
  /** Without the value: some are secrets. */
  readonly problem: string
}

type Values = { [Name in VariableName]: z.output<(typeof VARIABLES)[Name]> }

/**
 * Reads the settings of the service from environment variables; an empty one counts as missing. `problems` has everything that is wrong, at
 * once; the settings are of use only without any.
 */
export function readEdgeSettings(environment: Environment): {
  settings: EdgeSettings
  /** The limits of the service are kept on the connection. */
  rateLimits: boolean
  problems: Problem[]
} {
  const problems: Problem[] = []
  const entries = Object.entries(VARIABLES).map(([name, schema]) => {
    const [variable, text] = textOf(environment, name)
    const parsed = schema.safeParse(text)
    if (!parsed.success) problems.push({ variable, problem: parsed.error.issues[0]?.message ?? 'is not valid' })
    return [name, parsed.data]
  })
  const values = Object.fromEntries(entries) as Values
  problems.push(...exposureProblems(values))
  return { settings: settingsOf(values), rateLimits: values.EDGE_RATE_LIMITS, problems }
}

function textOf(environment: Environment, name: string): [variable: string, text: string | undefined] {
  const own = environment[name] || undefined
  const petal = `${PETAL_PREFIX}${name}`
  return own === undefined && environment[petal] ? [petal, environment[petal]] : [name, own]
}

/** Whoever reaches the service can speak in the device's name. */
function exposureProblems({ TS_CLIENT_HOST: host, EDGE_SOCKET: socket, EDGE_TOKEN: token }: Values): Problem[] {
  if (host === undefined || socket !== undefined || token !== undefined || isLoopbackHost(host)) return []
  return [{ variable: 'EDGE_TOKEN', problem: `is missing: others reach the service on ${host}` }]
}

/** Whether a host to listen on is of this machine alone. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))
}

function settingsOf(values: Values): EdgeSettings {
  return {
    host: values.TS_CLIENT_HOST,
    port: values.TS_CLIENT_PORT,
    socket: values.EDGE_SOCKET,
    token: values.EDGE_TOKEN,
    allowedHosts: values.EDGE_ALLOWED_HOSTS,
    maxBodyBytes: values.EDGE_MAX_BODY_BYTES,
    stateFolder: values.EDGE_STATE_FOLDER,
    callbacks: {
      enabled: values.ENABLE_CALLBACKS,
      host: values.CALLBACK_HOST,
      port: values.CALLBACK_PORT,
      allow: values.EDGE_CALLBACK_ALLOW,
      secret: values.EDGE_CALLBACK_SECRET,
      timeoutMs: values.EDGE_CALLBACK_TIMEOUT_MS,
      attempts: values.EDGE_CALLBACK_ATTEMPTS,
      giveUpSeconds: values.EDGE_CALLBACK_GIVE_UP_SECONDS,
      concurrency: values.EDGE_CALLBACK_CONCURRENCY,
    },
    queue: { maxMessages: values.EDGE_QUEUE_MAX_MESSAGES, maxDeadLetters: values.EDGE_MAX_DEAD_LETTERS },
    topics: {
      commandEdge: values.COMMAND_EDGE_TOPIC,
      response: values.RESPONSE_TOPIC,
      command: values.TEST_TOPIC,
      commandWeb: values.COMMAND_WEB_TOPIC,
      telemetry: values.TELEMETRY_TOPIC,
    },
    otherTopics: values.EDGE_OTHER_TOPICS,
    answerWithinMs: values.EDGE_ANSWER_WITHIN_MS,
    commandAnswerSeconds: values.EDGE_COMMAND_ANSWER_SECONDS,
    maxSubscriptions: values.EDGE_MAX_SUBSCRIPTIONS,
    maxStreams: values.EDGE_MAX_STREAMS,
    shutdownMs: values.EDGE_SHUTDOWN_MS,
    provisioningFile: values.EDGE_PROVISIONING_FILE,
  }
}
