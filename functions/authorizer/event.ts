import * as z from 'zod'

/**
 * What IoT Core hands to a custom authorizer; only what concerns the connection is present, and only what we read is listed.
 * https://docs.aws.amazon.com/iot/latest/developerguide/custom-auth-lambda.html
 */
export const authorizerEventSchema = z.object({
  /** Where signing at the gateway is on: the token, and whether its signature for the gateway was verified. */
  token: z.string().optional(),
  signatureVerified: z.boolean().optional(),
  protocols: z.array(z.string()).default([]),
  protocolData: z.object({
    tls: z
      .object({
        serverName: z.string().optional(),
        /** With CUSTOM_AUTH_X509: the certificate of the client, and its id. */
        x509CertificatePem: z.string().optional(),
        principalId: z.string().optional(),
      })
      .optional(),
    /** The request of a WebSocket or of a publish by HTTPS. In which case the names of headers are is not documented. */
    http: z.object({ headers: z.record(z.string(), z.unknown()).optional() }).optional(),
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
