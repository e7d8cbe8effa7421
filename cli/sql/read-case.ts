import * as z from 'zod'
import { describeIssue, validateTopicName } from '#contract/index.ts'
import type { JsonValue, Mqtt5Properties } from '#local/iot-sql/index.ts'
import { parseCaseLine } from '../case-line.ts'
import { CommandError } from '../command-error.ts'
import { splitBasicIngest } from './basic-ingest.ts'

/** Account of the examples in AWS's documentation. */
const DEFAULT_ACCOUNT = '123456789012'
const FORMAT_INDICATORS = { UTF8_DATA: true, UNSPECIFIED_BYTES: false } as const

const absent = <Schema extends z.ZodType>(schema: Schema) => schema.nullish().transform((value) => value ?? undefined)
const text = absent(z.string())
const base64 = z.base64().transform((value) => Buffer.from(value, 'base64'))
const json: z.ZodType<JsonValue> = z.json()

const mqtt5Schema = z
  .looseObject({
    contentType: text,
    formatIndicator: absent(z.union([z.boolean(), z.literal([0, 1]), z.enum(['UTF8_DATA', 'UNSPECIFIED_BYTES'])])),
    responseTopic: text,
    correlationData: absent(base64),
    userProperties: absent(z.array(z.tuple([z.string(), z.string()]))),
  })
  .transform(
    ({ formatIndicator, contentType, responseTopic, correlationData, userProperties }): Mqtt5Properties => ({
      ...{ contentType, responseTopic, correlationData, userProperties },
      payloadFormatIndicator:
        typeof formatIndicator === 'string' ? FORMAT_INDICATORS[formatIndicator] : Boolean(formatIndicator),
    }),
  )

const caseSchema = z.object({
  id: z.unknown().optional(),
  sql: z.string(),
  topic: z.string(),
  payload: z.unknown().optional(),
  payloadText: text,
  payloadBase64: absent(base64),
  clientId: text,
  mqtt5: absent(mqtt5Schema),
  ruleName: text.transform((name) => name ?? 'rule'),
  sqlVersion: text.transform((version) => version ?? '2016-03-23'),
  publishedVia: text,
  ruleAccount: text.transform((account) => account ?? DEFAULT_ACCOUNT),
  clockMs: absent(z.number()),
  principal: text,
  sourceIp: text,
  traceId: text,
  stubs: absent(z.record(z.string(), json)).transform((stubs) => stubs ?? {}),
  template: text,
})

/** One statement and one message. */
export type SqlCase = Omit<z.infer<typeof caseSchema>, 'payload' | 'payloadText' | 'payloadBase64'> & {
  readonly payload: Uint8Array
}

/** Reads a case from its text, the numbers of its payload with all their digits. Throws CommandError `case_malformed` or `not_json`. */
export function readCase(line: string): SqlCase {
  const parsed = caseSchema.safeParse(parseCaseLine(line))
  if (!parsed.success) throw new CommandError('failed', 'case_malformed', describeIssue(parsed.error))
  const { payload, payloadText, payloadBase64, ...rest } = parsed.data
  if ([payload, payloadText, payloadBase64].filter((one) => one !== undefined).length > 1) {
    throw new CommandError('failed', 'case_malformed', 'expected one of payload, payloadText and payloadBase64')
  }
  const problem = topicProblem(rest.topic)
  if (problem !== undefined) throw new CommandError('failed', 'case_malformed', `topic: ${problem}`)
  const bytes = payloadBase64 ?? Buffer.from(payloadText ?? (payload === undefined ? '' : exactMember(line, 'payload')))
  return { ...rest, payload: bytes }
}

/** What nobody can publish to is no message; limits are those of the topic behind the prefix of Basic Ingest. */
function topicProblem(topic: string): string | undefined {
  const { ruleName, visible } = splitBasicIngest(topic)
  return ruleName !== undefined && visible === '' ? undefined : validateTopicName(visible)
}

type ParseWithSource = (
  text: string,
  reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
) => Record<string, unknown>
/** ECMAScript proposal JSON.parse source text access, which TypeScript's library does not have. */
const { parse, rawJSON } = JSON as unknown as { parse: ParseWithSource; rawJSON(text: string): unknown }

/** The JSON text of a member, every number as it was written. */
function exactMember(line: string, name: string): string {
  const exact = parse(line, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined ? rawJSON(source) : value,
  )
  return JSON.stringify(exact[name])
}
