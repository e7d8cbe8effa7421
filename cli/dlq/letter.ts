import type { Message } from '@aws-sdk/client-sqs'
import * as z from 'zod'
import {
  codeOfFailure,
  codeOfMessage,
  DURABLE_ALIAS,
  deadLetterLabel,
  functionName,
  RULE_ERRORS_LABEL,
  type RuleEvent,
  ruleDefinitions,
  ruleEventSchema,
  TOPIC_KEYS,
  topicDefinition,
} from '#contract/index.ts'
import { type Outlook, outlookOf } from './outlook.ts'

/** Where a message came from and is sent back to. */
export type Origin =
  | { to: 'function'; name: string; event: string }
  | { to: 'queue'; arn: string; body: string }
  | { to: 'nowhere'; reason: string }

/** One message of a dead-letter queue, told without its content. */
export interface Letter {
  messageId: string
  /** `event`: of a function. `record`: an outcome the publisher could not send. `ruleError`: of a topic rule. `message`: of a queue. `busEvent`: of an EventBridge rule. */
  kind: 'event' | 'record' | 'ruleError' | 'message' | 'busEvent' | 'unknown'
  /** When the queue took it. */
  sentAtMs: number
  code: string | undefined
  clientId: string | undefined
  topic: string | undefined
  requestId: string | undefined
  origin: Origin
  outlook: Outlook
  /** What the device sent, or the whole body where there is no such thing. */
  payload: string
  /** May quote what a device sent. */
  errorText: string | undefined
}

const recordSchema = z.object({ requestPayload: ruleEventSchema })
// https://docs.aws.amazon.com/iot/latest/developerguide/rule-error-handling.html
const ruleErrorSchema = z.object({
  ruleName: z.string(),
  topic: z.string(),
  cloudwatchTraceId: z.string().nullish(),
  clientId: z.string().nullish(),
  base64OriginalPayload: z.base64(),
  failures: z
    .array(z.object({ failedAction: z.string(), failedResource: z.string(), errorMessage: z.string() }))
    .min(1),
})
type RuleError = z.infer<typeof ruleErrorSchema>

/** Exceptions as the services spell them, in the text of a rule's error. */
const EXCEPTION_NAME = /\b[A-Z]\w*(?:Exception|Error|Denied)\b/
const FUNCTION_ARN = /^arn:[a-z-]+:lambda:[^:]+:\d{12}:function:([^:]+)/

/** Reads what a message says of itself. `label` is its queue's. */
export function readLetter(
  message: Message,
  stack: { stage: string; root: string; rulePrefix: string; label: string; nowMs: number },
): Letter {
  const { MessageId = '', Body = '', Attributes = {}, MessageAttributes = {} } = message
  const attribute = (name: string) => MessageAttributes[name]?.StringValue
  const body = parsed(Body)
  const base = {
    messageId: MessageId,
    sentAtMs: Number(Attributes.SentTimestamp ?? stack.nowMs),
    code: undefined,
    clientId: undefined,
    topic: undefined,
    requestId: attribute('RequestID'),
    payload: Body,
    errorText: attribute('ErrorMessage') ?? attribute('ERROR_MESSAGE'),
  }
  const withEvent = (event: RuleEvent) => ({
    clientId: event.client_id,
    topic: event.topic,
    payload: textOfBase64(event.payload),
  })

  const ruleError = ruleErrorSchema.safeParse(body).data
  if (stack.label === RULE_ERRORS_LABEL && ruleError) {
    const event = eventOf(ruleError, base.sentAtMs)
    const origin = originOfRuleError(ruleError, event, stack)
    const [{ errorMessage, failedAction } = { errorMessage: '', failedAction: '' }] = ruleError.failures
    return {
      ...base,
      ...withEvent(event),
      kind: 'ruleError',
      code: EXCEPTION_NAME.exec(errorMessage)?.[0] ?? failedAction,
      requestId: event.broker_trace_id,
      errorText: errorMessage,
      origin,
      outlook: origin.to === 'nowhere' ? 'stays' : outlookOf('request', event, stack),
    }
  }

  // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
  const target = attribute('TARGET_ARN')
  if (target !== undefined) {
    const origin = originOfTarget(target, Body)
    const outlook = origin.to === 'nowhere' ? 'stays' : 'runs'
    return { ...base, kind: 'busEvent', code: attribute('ERROR_CODE'), origin, outlook }
  }

  const source = Attributes.DeadLetterQueueSourceArn
  if (source !== undefined) {
    return { ...base, kind: 'message', origin: { to: 'queue', arn: source, body: Body }, outlook: 'runs' }
  }

  if (base.requestId !== undefined && body !== undefined) {
    const origin: Origin = { to: 'function', name: invokedName(stack.stage, stack.label), event: Body }
    const code = codeOfDeadEvent(attribute('ErrorCode'), base.errorText)
    const record = recordSchema.safeParse(body).data
    if (record) {
      const { requestPayload: event } = record
      return { ...base, ...withEvent(event), kind: 'record', code, origin, outlook: outlookOf('outcome', event, stack) }
    }
    const event = ruleEventSchema.safeParse(body).data
    const facts = event && { ...withEvent(event), outlook: outlookOf('request', event, stack) }
    return { ...base, outlook: 'runs', ...facts, kind: 'event', code, origin }
  }
  const reason = 'it does not say where it came from'
  return { ...base, kind: 'unknown', origin: { to: 'nowhere', reason }, outlook: 'stays' }
}

/** Lambda keeps the message of an error and not its type; without a status the event only grew too old. */
function codeOfDeadEvent(status: string | undefined, errorMessage: string | undefined): string {
  if (status === undefined) return 'deadline_exceeded'
  if (status === '429') return 'TooManyRequestsException'
  return (errorMessage && codeOfMessage(errorMessage)) ?? codeOfFailure({ errorMessage })
}

/** The event as the rule's statement would have made it, as far as the error tells; the broker took the message shortly before. */
function eventOf(error: RuleError, sentAtMs: number): RuleEvent {
  return {
    payload: error.base64OriginalPayload,
    topic: error.topic,
    client_id: error.clientId ?? '',
    received_at_ms: sentAtMs,
    ...(error.cloudwatchTraceId && { broker_trace_id: error.cloudwatchTraceId }),
  }
}

function originOfRuleError(
  { ruleName, failures }: RuleError,
  event: RuleEvent,
  { root, rulePrefix, stage }: { root: string; rulePrefix: string; stage: string },
): Origin {
  const failed = failures.map(({ failedResource }) => FUNCTION_ARN.exec(failedResource)?.[1]).find(Boolean)
  const handledBy = ruleDefinitions(root, rulePrefix).find(({ name }) => name === ruleName)?.handledBy
  const name = failed ?? (handledBy && functionName(stage, handledBy))
  if (name === undefined) return { to: 'nowhere', reason: `rule ${ruleName} invokes no function that is known` }
  return { to: 'function', name, event: JSON.stringify(event) }
}

function originOfTarget(arn: string, body: string): Origin {
  const name = FUNCTION_ARN.exec(arn)?.[1]
  if (name) return { to: 'function', name, event: body }
  if (arn.split(':')[2] === 'sqs') return { to: 'queue', arn, body }
  return { to: 'nowhere', reason: `its target ${arn} is neither a function nor a queue` }
}

/** The queue's label where a name is one of this stage's dead-letter queues. */
export function labelOf(stage: string, queueUrl: string): string | undefined {
  return deadLetterLabel(stage, queueUrl.slice(queueUrl.lastIndexOf('/') + 1))
}

function textOfBase64(base64: string): string {
  const bytes = Buffer.from(base64, 'base64')
  const text = bytes.toString('utf8')
  return Buffer.from(text, 'utf8').equals(bytes) ? text : `base64:${base64}`
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A durable function is invoked by an alias alone. */
function invokedName(stage: string, label: string): string {
  const isDurable = TOPIC_KEYS.some((key) => topicDefinition(key).workflow === label)
  return isDurable ? `${functionName(stage, label)}:${DURABLE_ALIAS}` : functionName(stage, label)
}
