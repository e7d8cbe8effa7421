const KB = 1024

/** Sizes up to which something is billed as one unit, in bytes. */
export const STEP_BYTES = {
  /** https://aws.amazon.com/iot-core/pricing/additional-details/ */
  iot: 5 * KB,
  /** https://aws.amazon.com/sqs/pricing/ */
  sqs: 64 * KB,
  /** https://aws.amazon.com/eventbridge/pricing/ */
  events: 64 * KB,
  /** https://aws.amazon.com/api-gateway/pricing/ */
  httpApi: 512 * KB,
  /** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html */
  dynamoDbWrite: KB,
} as const

/** How many units something of this size is; the smallest is one. */
export function stepsOf(service: keyof typeof STEP_BYTES, bytes: number): number {
  return Math.max(1, Math.ceil(bytes / STEP_BYTES[service]))
}
