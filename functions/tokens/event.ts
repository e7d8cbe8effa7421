import * as z from 'zod'
import { IDENTIFIER_PATTERN, MAX_PERMISSIONS } from '#contract/index.ts'

/**
 * What API Gateway hands over (payload format 2.0), as far as it is read; the body was parsed by then.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export const tokenEventSchema = z.object({
  routeKey: z.string(),
  headers: z.record(z.string(), z.string().optional()).default({}),
  /** Absent where none was sent. */
  body: z.unknown().optional(),
  requestContext: z.object({
    requestId: z.string(),
    http: z.object({ sourceIp: z.string().optional() }).optional(),
    authorizer: z.object({ iam: z.object({ userArn: z.string() }).optional() }).optional(),
  }),
})
export type TokenEvent = z.infer<typeof tokenEventSchema>

export const tokenRequestSchema = z.strictObject({
  client_id: z.string().regex(IDENTIFIER_PATTERN),
  /** Permission patterns; absent: all that the role has. */
  permissions: z.array(z.string().max(300)).min(1).max(MAX_PERMISSIONS).optional(),
  /** Seconds until it expires; absent: the longest that this deployment gives by default. */
  lifetime_seconds: z.int().min(1).optional(),
})
export type TokenRequest = z.infer<typeof tokenRequestSchema>
