import * as z from 'zod'
import { bridgeError, describeIssue, HTTP_WAIT } from '#contract/index.ts'

/**
 * What API Gateway hands over (payload format 2.0), as far as it is read.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export const httpEventSchema = z.object({
  routeKey: z.string(),
  headers: z.record(z.string(), z.string().optional()).default({}),
  pathParameters: z.record(z.string(), z.string().optional()).default({}),
  queryStringParameters: z.record(z.string(), z.string().optional()).default({}),
  body: z.string().optional(),
  isBase64Encoded: z.boolean().default(false),
  requestContext: z.object({
    requestId: z.string(),
    /** When API Gateway took the request, epoch milliseconds. */
    timeEpoch: z.number(),
    authorizer: z
      .object({
        iam: z.object({ userArn: z.string() }).optional(),
        jwt: z.object({ claims: z.record(z.string(), z.unknown()) }).optional(),
      })
      .optional(),
  }),
})
export type HttpEvent = z.infer<typeof httpEventSchema>

const querySchema = z.strictObject({
  topic: z.string().optional(),
  deadline_seconds: z.coerce.number().optional(),
  longest_wait_seconds: z.coerce.number().optional(),
  when_offline: z.string().optional(),
})
const MAX_KEY_CHARACTERS = 255

/** What an HTTP caller wants of the bridge itself. */
export interface Wishes {
  /** Of the request to the device: `topic`, `deadline_seconds`, `longest_wait_seconds`, `when_offline`. */
  options: z.output<typeof querySchema>
  /** Absent: every request is a new one. */
  idempotencyKey: string | undefined
  /** 202 instead of an answer or a timeout. */
  respondAsync: boolean
  waitMs: number
}

/**
 * Reads query and headers. `Prefer` as in RFC 7240: `respond-async` does not wait, `wait=N` waits N seconds, both together wait N seconds for
 * the answer and then give 202. Throws device_request_invalid.
 */
export function readWishes({ queryStringParameters, headers }: HttpEvent): Wishes {
  const query = querySchema.safeParse(queryStringParameters)
  if (!query.success) throw invalid(`query: ${describeIssue(query.error)}`)
  const idempotencyKey = headers['idempotency-key']
  if (idempotencyKey !== undefined && !/^[\x21-\x7e ]{1,255}$/.test(idempotencyKey)) {
    throw invalid(`Idempotency-Key: expected 1 to ${MAX_KEY_CHARACTERS} printable characters of ASCII`)
  }
  const preferences = new Map(
    (headers.prefer ?? '').split(',').map((one) => {
      const [name = '', value] = one.split('=').map((part) => part.trim().toLowerCase())
      return [name, value] as const
    }),
  )
  const respondAsync = preferences.has('respond-async')
  const seconds = preferences.get('wait')
  if (preferences.has('wait') && !/^\d{1,9}$/.test(seconds ?? '')) throw invalid('Prefer: expected wait=<seconds>')
  const wanted = seconds === undefined ? undefined : Number(seconds) * 1_000
  const waitMs = Math.min(wanted ?? (respondAsync ? 0 : HTTP_WAIT.longestMs), HTTP_WAIT.longestMs)
  return { options: query.data, idempotencyKey, respondAsync, waitMs }
}

/** The payload for the device. Throws device_request_invalid. */
export function readPayload({ body = '', isBase64Encoded }: HttpEvent): unknown {
  const text = isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body
  try {
    return JSON.parse(text)
  } catch {
    throw invalid(`body: expected JSON, got ${Buffer.byteLength(text)} bytes that are none`)
  }
}

/** Who asks, as API Gateway knows it: an ARN of IAM, or issuer and subject of a JWT. Throws caller_unverified. */
export function callerOf({ requestContext: { authorizer } }: HttpEvent): string {
  if (authorizer?.iam) return authorizer.iam.userArn
  const { iss, sub } = authorizer?.jwt?.claims ?? {}
  if (typeof iss === 'string' && typeof sub === 'string') return `${iss} ${sub}`.slice(0, 512)
  throw bridgeError('caller_unverified')
}

function invalid(problem: string) {
  return bridgeError('device_request_invalid', { problem })
}
