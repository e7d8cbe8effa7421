import * as z from 'zod'

/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html */
export const rotationEventSchema = z.object({
  Step: z.enum(['createSecret', 'setSecret', 'testSecret', 'finishSecret']),
  SecretId: z.string().min(1),
  /** The id of the version that is to become current. */
  ClientRequestToken: z.string().min(1),
})

export type RotationEvent = z.infer<typeof rotationEventSchema>
