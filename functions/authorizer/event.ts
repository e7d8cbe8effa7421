import * as z from 'zod'

/**
 * What IoT Core hands to a custom authorizer; only what concerns the connection is present, and only what we read is listed.
 * https://docs.aws.amazon.com/iot/latest/developerguide/custom-auth-lambda.html
 */
export const authorizerEventSchema = z.object({
  protocols: z.array(z.string()).default([]),
  protocolData: z.object({
    tls: z.object({ serverName: z.string().optional() }).optional(),
    mqtt: z
      .object({
        username: z.string().optional(),
        /** Base64 of the password bytes. */
        password: z.string().optional(),
        clientId: z.string().optional(),
      })
      .optional(),
  }),
  connectionMetadata: z.object({ id: z.string() }).optional(),
})

export type AuthorizerEvent = z.infer<typeof authorizerEventSchema>
