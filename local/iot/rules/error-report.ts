import type { JsonValue, RuleMessage, RuleOutput } from '../../iot-sql/index.ts'

export type ActionFailure = { failedAction: string; failedResource: string; errorMessage: string }

/**
 * What the error action gets: one message for a rule and a message, with every action that failed.
 * https://docs.aws.amazon.com/iot/latest/developerguide/rule-error-handling.html
 */
export function errorReport(ruleName: string, message: RuleMessage, failures: readonly ActionFailure[]): RuleOutput {
  const output: JsonValue = {
    ruleName,
    topic: message.topic,
    cloudwatchTraceId: message.traceId ?? null,
    clientId: message.clientId,
    base64OriginalPayload: Buffer.from(message.payload).toString('base64'),
    failures: failures.map((one) => ({ ...one })),
  }
  return { outcome: 'fire', output, text: JSON.stringify(output), bytes: undefined }
}
