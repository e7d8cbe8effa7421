import { isIPv6 } from 'node:net'
import * as z from 'zod'
import { DEVICE_TOPICS, deviceTopicKey, type TopicKey } from '#contract/index.ts'

const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, 'expected a whole number')
    .transform(Number)
    .refine((value) => value >= min && value <= max, `expected ${min} to ${max}`)

const flag = z
  .string()
  .transform((text) => text.toLowerCase())
  .refine((text) => YES.includes(text) || NO.includes(text), 'expected true or false')
  .transform((text) => YES.includes(text))
const YES = ['true', '1', 'yes', 'on']
const NO = ['false', '0', 'no', 'off']

const hostName = z
  .string()
  .refine(
    (text) => isIPv6(text) || (text.length <= 253 && /^[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?$/.test(text)),
    'expected a host name or an IP address',
  )

const commaList = (problem: (item: string) => string | undefined) =>
  z
    .string()
    .transform((text) => text.split(',').flatMap((item) => item.trim() || []))
    .superRefine((items, context) => {
      for (const item of items) {
        const message = problem(item)
        if (message !== undefined) context.addIssue({ code: 'custom', message })
      }
    })

const hostWithPort = (item: string) =>
  /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?)(:\d{1,5})?$/.test(item)
    ? undefined
    : 'expected hosts with or without a port, with commas between them'

const secret = z.string().min(32, 'expected at least 32 characters')

const topicOf = (usual: TopicKey) =>
  z
    .string()
    .transform((text) => deviceTopicKey(text))
    .refine((key) => key !== undefined, 'expected a topic that the contract has for devices')
    .transform((key) => key as TopicKey)
    .default(usual)

/** The name of a variable as the programs' manager has it: one file of settings serves both. */
export const PETAL_PREFIX = 'PETAL_'

/** Every variable with its check and default; each may also be written with {@link PETAL_PREFIX}. docs/EDGE.md is held against it by a test. */
export const VARIABLES = {
  TS_CLIENT_HOST: hostName.default('localhost'),
  TS_CLIENT_PORT: wholeNumber(0, 65_535).default(3004),
  EDGE_SOCKET: z.string().min(1).optional(),
  EDGE_TOKEN: secret.optional(),
  EDGE_ALLOWED_HOSTS: commaList(hostWithPort).default([]),
  EDGE_MAX_BODY_BYTES: wholeNumber(1_024, 16 * 1_024 * 1_024).default(256 * 1_024),
  EDGE_STATE_FOLDER: z.string().min(1).default('.bridge/edge'),
  EDGE_PROVISIONING_FILE: z.string().min(1).optional(),
  EDGE_OTHER_TOPICS: flag.default(false),
  EDGE_RATE_LIMITS: flag.default(true),
  EDGE_ANSWER_WITHIN_MS: wholeNumber(0, 25_000).default(1_000),
  EDGE_COMMAND_ANSWER_SECONDS: wholeNumber(0, 3_600).default(25),
  EDGE_MAX_SUBSCRIPTIONS: wholeNumber(1, 100_000).default(1_000),
  EDGE_MAX_STREAMS: wholeNumber(0, 10_000).default(100),
  EDGE_SHUTDOWN_MS: wholeNumber(0, 600_000).default(10_000),
  CALLBACK_HOST: hostName.default('localhost'),
  CALLBACK_PORT: wholeNumber(1, 65_535).default(9000),
  ENABLE_CALLBACKS: flag.default(true),
  EDGE_CALLBACK_ALLOW: commaList(hostWithPort).default([]),
  EDGE_CALLBACK_SECRET: secret.optional(),
  EDGE_CALLBACK_TIMEOUT_MS: wholeNumber(10, 600_000).default(10_000),
  EDGE_CALLBACK_ATTEMPTS: wholeNumber(1, 1_000).default(10),
  EDGE_CALLBACK_GIVE_UP_SECONDS: wholeNumber(0, 30 * 86_400).default(3_600),
  EDGE_CALLBACK_CONCURRENCY: wholeNumber(1, 65_535).default(1_024),
  EDGE_QUEUE_MAX_MESSAGES: wholeNumber(1, 10_000_000).default(100_000),
  EDGE_MAX_DEAD_LETTERS: wholeNumber(0, 10_000_000).default(10_000),
  COMMAND_EDGE_TOPIC: topicOf(DEVICE_TOPICS.commandEdge),
  RESPONSE_TOPIC: topicOf(DEVICE_TOPICS.response),
  TEST_TOPIC: topicOf(DEVICE_TOPICS.command),
  COMMAND_WEB_TOPIC: topicOf(DEVICE_TOPICS.commandWeb),
  TELEMETRY_TOPIC: topicOf(DEVICE_TOPICS.telemetry),
} as const

export type VariableName = keyof typeof VARIABLES
