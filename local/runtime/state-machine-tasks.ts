import { type EventBridge, putEntry } from '../events/index.ts'
import type { Iam } from '../iam/index.ts'
import {
  type FunctionVersions,
  type JsonValue,
  LambdaError,
  type LambdaService,
  readFunctionReference,
} from '../lambda/index.ts'
import { requireGrant } from '../resources/index.ts'
import { handleSqsRequest, type SqsService } from '../sqs/index.ts'
import { TaskError, type TaskServices } from '../step-functions/index.ts'

export interface StateMachineTaskServices {
  readonly iam: Iam
  readonly lambda: LambdaService
  readonly versions: Pick<FunctionVersions, 'resolve'>
  readonly sqs: SqsService
  readonly events: () => EventBridge
  readonly account: { region: string; accountId: string }
}

/** What tasks of state machines are done by, each call with the role of its machine, as on AWS. */
export function createTaskServices(services: StateMachineTaskServices): TaskServices {
  const { iam, lambda, versions, sqs, account } = services
  const arn = (service: string, resource: string) =>
    `arn:aws:${service}:${account.region}:${account.accountId}:${resource}`

  function require(roleArn: string, action: string, resource: string): void {
    try {
      requireGrant({ iam }, roleArn, 'states', action, resource)
    } catch (error) {
      throw new TaskError('States.Permissions', error instanceof Error ? error.message : String(error))
    }
  }

  return {
    async invoke(roleArn, { target, payload, isEvent }) {
      const reference = readFunctionReference(target)
      if (!reference) throw new TaskError('Lambda.AWSLambdaException', `${target} is no name of a function`)
      const { functionName, qualifier } = reference
      const functionArn = arn('lambda', `function:${functionName}${qualifier === undefined ? '' : `:${qualifier}`}`)
      require(roleArn, 'lambda:InvokeFunction', functionArn)
      try {
        const executedVersion = versions.resolve(functionName, qualifier)
        if (isEvent) {
          await lambda.invokeAsync(functionArn, payload as JsonValue)
          return { payload: null, statusCode: 202, executedVersion }
        }
        const answer = await lambda.invoke(functionArn, payload as JsonValue)
        if (!answer.functionError) return { payload: answer.payload, statusCode: 200, executedVersion }
        const { errorType = 'Error' } = Object(answer.payload) as { errorType?: string }
        throw new TaskError(errorType, JSON.stringify(answer.payload))
      } catch (error) {
        if (!(error instanceof LambdaError)) throw error
        throw new TaskError(`Lambda.${error.code}`, error.message)
      }
    },

    async sendMessage(roleArn, { MessageBody, ...parameters }) {
      const name = String(parameters.QueueUrl).split('/').at(-1) ?? ''
      require(roleArn, 'sqs:SendMessage', arn('sqs', name))
      const body = typeof MessageBody === 'string' ? MessageBody : JSON.stringify(MessageBody)
      const answer = await handleSqsRequest('SendMessage', { ...parameters, MessageBody: body }, sqs, '')
      if (answer.status === 200) return answer.body
      const { __type = '', message = '' } = answer.body
      throw new TaskError(`SQS.${String(__type).split('#').at(-1)}`, String(message))
    },

    async putEvents(roleArn, entries, own) {
      const given = entries.map((entry) => withOwnResources(Object(entry) as Entry, own))
      for (const { EventBusName } of given) {
        const busName = String(EventBusName ?? 'default')
          .split('/')
          .at(-1)
        require(roleArn, 'events:PutEvents', arn('events', `event-bus/${busName}`))
      }
      const Entries = given.map((entry) => putEntry(entry, services.events()))
      const [failed] = Entries.filter((entry) => 'ErrorCode' in entry)
      if (failed) throw new TaskError('EventBridge.FailedEntry', JSON.stringify({ FailedEntryCount: 1, Entries }))
      return { Entries, FailedEntryCount: 0 }
    },
  }
}

type Entry = Readonly<Record<string, unknown>>

/** Details may be given as objects; machine and execution are added to the resources. */
function withOwnResources(entry: Entry, own: readonly string[]): Entry {
  const { Detail, Resources } = entry
  return {
    ...entry,
    Detail: typeof Detail === 'string' ? Detail : JSON.stringify(Detail),
    Resources: [...(Array.isArray(Resources) ? Resources : []), ...own],
  }
}
