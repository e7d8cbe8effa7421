import { type BusDelivery, BusTargetError, type BusTargets } from '../events/index.ts'
import type { Iam } from '../iam/index.ts'
import { type JsonValue, LambdaError, type LambdaService } from '../lambda/index.ts'
import { requireGrant } from '../resources/index.ts'
import { SqsError, type SqsService } from '../sqs/index.ts'

const EVENTS_SERVICE = 'events.amazonaws.com'

export interface BusTargetServices {
  readonly iam: Iam
  readonly lambda: LambdaService
  readonly sqs: SqsService
  /** Starts an execution with the input; rejects with an error that has AWS's code. */
  startExecution?(stateMachineArn: string, input: string): Promise<void>
}

/** The targets of event rules, each with the right that AWS wants: functions and queues by their own policy, state machines by the role. */
export function createBusTargets(
  { iam, lambda, sqs, startExecution }: BusTargetServices,
  accountId: string,
): BusTargets {
  const from = (ruleArn: string) => ({ 'aws:SourceArn': ruleArn, 'aws:SourceAccount': accountId })

  async function invoke({ target, ruleArn, input }: BusDelivery): Promise<void> {
    const request = {
      functionArn: target.arn,
      servicePrincipal: EVENTS_SERVICE,
      sourceArn: ruleArn,
      sourceAccount: accountId,
    }
    if (!iam.mayInvoke(request)) throw denied(`${ruleArn} has no permission for lambda:InvokeFunction on ${target.arn}`)
    await lambda.invokeAsync(target.arn, jsonOf(input))
  }

  function send(queueArn: string, ruleArn: string, message: Parameters<SqsService['send']>[1]): void {
    const { decision } = iam.authorizeService(EVENTS_SERVICE, 'sqs:SendMessage', queueArn, from(ruleArn))
    if (decision !== 'allowed') throw denied(`${ruleArn} may not send to ${queueArn}`)
    sqs.send(queueArn, message)
  }

  async function start({ target, ruleArn, input }: BusDelivery): Promise<void> {
    const { roleArn = '', arn } = target
    if (!iam.mayAssume(roleArn, EVENTS_SERVICE, from(ruleArn)))
      throw denied(`${EVENTS_SERVICE} may not assume ${roleArn}`)
    try {
      requireGrant({ iam }, roleArn, 'events', 'states:StartExecution', arn)
    } catch (error) {
      throw denied(error instanceof Error ? error.message : String(error))
    }
    if (!startExecution) throw new BusTargetError('RESOURCE_NOT_FOUND', `there is no state machine ${arn}`, true)
    await startExecution(arn, input)
  }

  return {
    async send(delivery) {
      const { target, ruleArn, input } = delivery
      try {
        const service = target.arn.split(':')[2]
        if (service === 'lambda') await invoke(delivery)
        else if (service === 'sqs') send(target.arn, ruleArn, { body: input })
        else await start(delivery)
      } catch (error) {
        throw isGone(error) ? new BusTargetError('RESOURCE_NOT_FOUND', error.message, true) : error
      }
    },
    async bury(queueArn, { eventJson, ruleArn }, attributes) {
      const messageAttributes = Object.fromEntries(
        Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
      )
      send(queueArn, ruleArn, { body: eventJson, messageAttributes })
    },
  }
}

function denied(message: string): BusTargetError {
  return new BusTargetError('NO_PERMISSIONS', `AccessDenied: ${message}`, true)
}

function isGone(error: unknown): error is Error {
  if (error instanceof LambdaError) return error.code === 'ResourceNotFoundException'
  if (error instanceof SqsError) return error.code === 'QueueDoesNotExist'
  return error instanceof Error && 'code' in error && error.code === 'StateMachineDoesNotExist'
}

function jsonOf(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    throw new BusTargetError(
      'INVALID_JSON',
      'what the rule makes of the event is no JSON, which a function needs',
      true,
    )
  }
}
