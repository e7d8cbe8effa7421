import * as z from 'zod'

const image = z
  .record(z.string(), z.object({ S: z.string().optional(), N: z.string().optional() }))
  .transform((attributes) =>
    Object.fromEntries(
      Object.entries(attributes).map(([name, { S, N }]) => [name, N === undefined ? S : Number(N)] as const),
    ),
  )

/** One change of a table. https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-example.html */
export const streamRecordSchema = z.object({
  eventID: z.string(),
  eventSourceARN: z.string(),
  userIdentity: z.object({ principalId: z.string() }).optional(),
  dynamodb: z.object({
    ApproximateCreationDateTime: z.number(),
    SequenceNumber: z.string(),
    NewImage: image.optional(),
    OldImage: image.optional(),
  }),
})

export type StreamRecord = z.infer<typeof streamRecordSchema>

/** An item without the types of the protocol. */
export type PlainItem = Readonly<Record<string, string | number | undefined>>

/** Whether DynamoDB itself has deleted the item, since its time was over. */
export function isExpiry({ userIdentity }: StreamRecord): boolean {
  return userIdentity?.principalId === 'dynamodb.amazonaws.com'
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html#Streams.Processing */
export function tableOf({ eventSourceARN }: StreamRecord): string | undefined {
  return eventSourceARN.split('/')[1]
}
