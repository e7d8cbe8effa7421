import * as z from 'zod'
import { DEFAULT_ROOT, IDENTIFIER_PATTERN, parseDeviceKey, parsePermission, TOKEN_LIMITS } from '#contract/index.ts'
import { newUuid } from '../bridge/prepare-message.ts'

export interface Problem {
  readonly variable: string
  /** Without the value: one of them is a secret. */
  readonly problem: string
}

export interface Values {
  url: string
  clientId: string
  deviceKey: string
  permissions: string[]
  lifetimeSeconds: number
  keepAliveSeconds: number
  maxPacketBytes: number
  connectTimeoutSeconds: number
  caFile: string
  certFile: string | undefined
  keyFile: string | undefined
  organizationId: string | undefined
  deviceId: string | undefined
  customAuthorizerName: string | undefined
}

const DEFAULT_PORT = 8883
const MIN_SECRET_CHARACTERS = 32
/** The largest packet of MQTT: a fixed header and 268,435,455 bytes. OASIS MQTT 5.0, 2.1.4 */
const MAX_PACKET_BYTES = 268_435_460

const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, 'expected a whole number')
    .transform(Number)
    .refine((value) => value >= min && value <= max, `expected ${min} to ${max}`)

const identifier = z.string().regex(IDENTIFIER_PATTERN, `expected text that fits ${IDENTIFIER_PATTERN.source}`)

/** Every variable with its check and default. docs/DEVICE.md is held against it by a test. */
export const VARIABLES = {
  MQTT_BROKER_URL: z.string().min(1).default('mqtt://localhost'),
  MQTT_PORT: wholeNumber(1, 65_535).optional(),
  MQTT_TLS_CA_CERT: z.string().min(1).default('./certs/ca.crt'),
  MQTT_TLS_CLIENT_CERT: z.string().min(1).optional(),
  MQTT_TLS_CLIENT_KEY: z.string().min(1).optional(),
  MQTT_JWT_SECRET: z
    .string({ error: 'is missing; it is the device key that "npx bridge device key" prints' })
    .min(MIN_SECRET_CHARACTERS, `expected at least ${MIN_SECRET_CHARACTERS} characters`)
    .refine((text) => parseDeviceKey(text) !== undefined, 'expected a device key: device-<key version>.<secret>'),
  MQTT_JWT_LIFETIME_SECONDS: wholeNumber(60, TOKEN_LIMITS.maxConnectionSeconds).default(
    TOKEN_LIMITS.defaultLifetimeSeconds,
  ),
  MQTT_CLIENT_ID: identifier.default(() => `${DEFAULT_ROOT}-${newUuid()}`),
  MQTT_KEEP_ALIVE_SECONDS: wholeNumber(10, 65_535).default(60),
  MQTT_MAX_PACKET_SIZE: wholeNumber(1, MAX_PACKET_BYTES).default(268_435_456),
  MQTT_CONNECTION_TIMEOUT_SECONDS: wholeNumber(1, 3_600).default(30),
  MQTT_PERMISSIONS: z.string().default('${root}/#'),
  MQTT_ORGANIZATION_ID: identifier.optional(),
  MQTT_DEVICE_ID: identifier.optional(),
  MQTT_CUSTOM_AUTHORIZER: z.string().min(1).optional(),
} as const

/** Empty variables count as missing, as in most shells and service files. */
export function readVariables(environment: Readonly<Record<string, string | undefined>>): {
  values: Values
  problems: Problem[]
} {
  const problems: Problem[] = []

  function read<Name extends keyof typeof VARIABLES>(variable: Name): z.output<(typeof VARIABLES)[Name]> {
    const parsed = VARIABLES[variable].safeParse(environment[variable] || undefined)
    if (!parsed.success) problems.push({ variable, problem: parsed.error.issues[0]?.message ?? 'is not valid' })
    return parsed.data as z.output<(typeof VARIABLES)[Name]>
  }

  const clientId = read('MQTT_CLIENT_ID')
  const values: Values = {
    url: urlOf(read('MQTT_BROKER_URL'), read('MQTT_PORT'), problems),
    clientId,
    deviceKey: read('MQTT_JWT_SECRET'),
    permissions: permissionsOf(read('MQTT_PERMISSIONS'), clientId, problems),
    lifetimeSeconds: read('MQTT_JWT_LIFETIME_SECONDS'),
    keepAliveSeconds: read('MQTT_KEEP_ALIVE_SECONDS'),
    maxPacketBytes: read('MQTT_MAX_PACKET_SIZE'),
    connectTimeoutSeconds: read('MQTT_CONNECTION_TIMEOUT_SECONDS'),
    caFile: read('MQTT_TLS_CA_CERT'),
    certFile: read('MQTT_TLS_CLIENT_CERT'),
    keyFile: read('MQTT_TLS_CLIENT_KEY'),
    organizationId: read('MQTT_ORGANIZATION_ID'),
    deviceId: read('MQTT_DEVICE_ID'),
    customAuthorizerName: read('MQTT_CUSTOM_AUTHORIZER'),
  }
  return { values, problems }
}

/** `mqtt://` has always meant TLS here: the token would be read by anyone on the way. */
function urlOf(text: string | undefined, port: number | undefined, problems: Problem[]): string {
  const variable = 'MQTT_BROKER_URL'
  if (text === undefined) return ''
  if (!URL.canParse(text)) {
    problems.push({ variable, problem: 'expected a URL such as mqtts://host' })
    return ''
  }
  const url = new URL(text)
  if (!['mqtt:', 'mqtts:', 'wss:'].includes(url.protocol)) {
    problems.push({
      variable,
      problem: `expected mqtts, mqtt (which means TLS too) or wss, got ${url.protocol.slice(0, -1)}`,
    })
  }
  if (url.username !== '' || url.password !== '') problems.push({ variable, problem: 'expected no user name in it' })
  if (url.port !== '' && port !== undefined && url.port !== String(port)) {
    problems.push({ variable: 'MQTT_PORT', problem: `is ${port}, and MQTT_BROKER_URL says ${url.port}` })
  }
  const secure = text.replace(/^mqtt:/, 'mqtts:')
  if (url.port !== '' || (url.protocol === 'wss:' && port === undefined)) return secure
  const { protocol, hostname, pathname, search } = new URL(secure)
  return `${protocol}//${hostname}:${port ?? DEFAULT_PORT}${pathname}${search}`
}

/** Comma list, trimmed, empties dropped. The root in a pattern is that of the contract. */
function permissionsOf(list: string | undefined, clientId: string | undefined, problems: Problem[]): string[] {
  const patterns = (list ?? '').split(',').flatMap((pattern) => pattern.trim() || [])
  for (const pattern of patterns) {
    try {
      parsePermission(pattern, DEFAULT_ROOT, { clientId: clientId ?? 'unknown', organizationId: 'x', deviceId: 'x' })
    } catch (error) {
      problems.push({ variable: 'MQTT_PERMISSIONS', problem: error instanceof Error ? error.message : String(error) })
    }
  }
  return patterns
}
