import * as z from 'zod'

/**
 * What goes over HTTP. Unknown fields are ignored, as the programs' manager and later versions of it may send more. Answers of the four calls
 * of the manager are 200 with an object, and with an `error` on failure.
 */

/** What the parser made is JSON, and is passed on as it is, whatever keys it has. */
const anyJson = z
  .unknown()
  .refine((value) => value !== undefined, 'is missing')
  .meta({ description: 'Any JSON value.' })
const jsonObject = z
  .unknown()
  .refine((value) => typeof value === 'object' && value !== null && !Array.isArray(value), 'expected an object')
  .meta({ type: 'object', description: 'A JSON object.' })
const topic = z.string().min(1).max(1_024).describe('The full name, such as `org/acme/device/Instance-1/response`.')
const filter = z.string().min(1).max(1_024).describe('Full name or MQTT filter with `+` and `#`.')
const callbackUrl = z
  .string()
  .max(2_048)
  .nullish()
  .describe('Where messages are posted to; null: nowhere. Loopback, or on the allow list.')
const qos = z
  .union([z.literal(0), z.literal(1), z.literal(2)])
  .default(1)
  .describe('2 is sent as 1: AWS IoT Core has no 2.')
const expirySeconds = z
  .int()
  .min(1)
  .max(4_294_967_295)
  .optional()
  .describe('How long it is worth sending and delivering.')
const timeoutMs = z.int().min(1).max(300_000).default(30_000)

export const errorAnswer = z.object({
  error: z.string().describe('One sentence.'),
  code: z.string().describe('See the table of errors.'),
  detail: z.string().optional().describe('The same as `error`; below `/mqtt`.'),
})

export const petalSubscribe = z.object({ topic: filter, callbackUrl })
export const petalPublish = z.object({
  topic,
  payload: jsonObject,
  qos,
  callbackUrl: callbackUrl.describe('Taken and ignored: the manager sends it along.'),
})
export const petalUnsubscribe = z.object({
  topic: filter,
  callbackUrl: callbackUrl.describe('Only the subscription with this callback; without it all of the topic.'),
})
export const petalAnswer = z.object({
  status: z.literal('success'),
  message: z.string(),
  topic: z.string(),
  pending: z.boolean().optional().describe('The broker has not answered yet; it goes on by itself.'),
})

const publishFields = {
  topic,
  payload: anyJson,
  qos,
  retain: z.boolean().default(false),
  expirySeconds,
}
export const mqttPublish = z.object(publishFields)
export const mqttPublishBatch = z.object({ messages: z.array(mqttPublish).min(1).max(100) })
export const published = z.object({
  status: z.literal('success'),
  message: z.string(),
  topic: z.string(),
  state: z.enum(['sent', 'queued']).describe('`queued`: kept by the service, and on its way.'),
})
export const publishedBatch = z.object({
  status: z.enum(['success', 'error']),
  message: z.string(),
  results: z.array(z.union([published, errorAnswer.extend({ topic: z.string() })])),
})

export const mqttSubscribe = z
  .object({
    topic: filter.optional(),
    pattern: z
      .string()
      .min(1)
      .max(256)
      .optional()
      .describe('Shell-style, over what other subscriptions bring: `*` also over slashes, `?`, `[…]`.'),
    callbackUrl,
  })
  .refine(({ topic: one, pattern }) => (one === undefined) !== (pattern === undefined), {
    error: 'either topic or pattern',
  })
export const subscribed = z.object({
  status: z.literal('success'),
  message: z.string(),
  id: z.int(),
  state: z.enum(['granted', 'pending', 'refused']),
})
export const unsubscribed = z.object({ status: z.literal('success'), message: z.string(), ended: z.int() })

export const mqttRequest = z.object({
  topic: topic.describe(
    'Full name or key of the contract: `conscience/evaluate`. Parameters of a key are the device’s own.',
  ),
  payload: anyJson,
  timeoutMs,
  correlationId: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .describe(
      'The same id with the same payload gets the same answer. Default: the `messageId` of the payload, else a new UUID.',
    ),
  replyTopic: topic
    .optional()
    .describe('Of a topic outside the contract: where the reply comes. Default: `<topic>/responses/<client id>`.'),
})
export const replied = z.object({ status: z.literal('success'), topic: z.string(), payload: z.unknown() })

export const deadLetterQuery = z.object({
  after: z.coerce.number().int().min(0).default(0).describe('Id of the last one of the page before.'),
  count: z.coerce.number().int().min(1).max(1_000).default(100),
})
export const deadLetters = z.object({
  count: z.int().describe('Of all.'),
  deadLetters: z.array(
    z.object({
      id: z.int(),
      topic: z.string(),
      url: z.string(),
      receivedAt: z.string(),
      deadAt: z.string(),
      attempts: z.int(),
      problem: z.string(),
      callback: z.unknown().meta({ description: 'What was to be posted.' }),
    }),
  ),
})
export const deadLetterIds = z.object({
  ids: z.array(z.int().min(1)).min(1).max(1_000).optional().describe('Without it: all.'),
})
export const redriven = z.object({ status: z.literal('success'), count: z.int() })

export const subscriptionList = z.object({
  topics: z.array(z.string()),
  patterns: z.array(z.string()),
  count: z.int(),
  subscriptions: z.array(
    z.object({
      id: z.int(),
      topic: z.string().optional(),
      pattern: z.string().optional(),
      callbackUrl: z.string().nullable(),
      state: z.enum(['granted', 'pending', 'refused']),
      problem: z.string().optional(),
    }),
  ),
})

export const messagesQuery = z.object({
  filter: filter.default('#').describe('MQTT filter. `#` stands for whatever comes by other subscriptions.'),
  pattern: z.string().min(1).max(256).optional().describe('Shell-style, on top of the filter.'),
})
