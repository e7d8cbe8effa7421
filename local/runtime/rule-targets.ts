import type { Broker } from '../broker/index.ts'
import type { DynamoDb } from '../dynamodb/index.ts'
import type { Iam } from '../iam/index.ts'
import type { ActionRights, RuleTargets } from '../iot/index.ts'
import type { JsonValue, LambdaService } from '../lambda/index.ts'
import { requireGrant } from '../resources/index.ts'
import type { SqsService } from '../sqs/index.ts'
import type { StepFunctions } from '../step-functions/index.ts'

/** What rules act on. */
export interface RuleServices {
  readonly iam: Iam
  readonly lambda: LambdaService
  readonly sqs: SqsService
  readonly dynamoDb: DynamoDb
  readonly states: StepFunctions
  broker(): Broker
}

const IOT_SERVICE = 'iot.amazonaws.com'

/** A refusal of a target, with the code by which it is known whether trying again helps. */
class TargetError extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(`${code}: ${message}`)
    this.name = 'TargetError'
    this.code = code
  }
}

/** Allows what IoT Core may do for a rule: with the role of an action, or by the policy of a function. */
export function createRuleRights(iam: Iam, accountId: string) {
  const mayInvoke = (functionArn: string, sourceArn: string): boolean =>
    iam.mayInvoke({ functionArn, servicePrincipal: IOT_SERVICE, sourceArn, sourceAccount: accountId })

  return {
    /** Throws AWS's denial when IoT Core may not take the role for the rule, or the role lacks the grant. */
    require({ roleArn, ruleArn }: ActionRights, action: string, resource: string): void {
      const context = { 'aws:SourceArn': ruleArn, 'aws:SourceAccount': accountId }
      if (!iam.mayAssume(roleArn, IOT_SERVICE, context)) throw new Error(`IoT Core may not assume ${roleArn}`)
      requireGrant({ iam }, roleArn, 'iot', action, resource)
    },
    mayInvoke,
    requirePermission(functionArn: string, sourceArn: string): void {
      if (mayInvoke(functionArn, sourceArn)) return
      throw new Error(`AccessDenied: ${sourceArn} has no permission for lambda:InvokeFunction on ${functionArn}`)
    },
  }
}

export type RuleRights = ReturnType<typeof createRuleRights>

/** The actions of topic rules on the services of the runtime. `arnPrefix` is `arn:aws:iot:<region>:<account>`. */
export function createRuleTargets(services: RuleServices, rights: RuleRights, arnPrefix: string): RuleTargets {
  const { lambda, sqs, dynamoDb } = services
  return {
    async invokeFunction(functionArn, ruleArn, event) {
      rights.requirePermission(functionArn, ruleArn)
      await lambda.invokeAsync(functionArn, event as JsonValue)
    },

    async sendToQueue(queueUrl, of, body) {
      const queue = sqs.queues().find(({ name }) => queueUrl.endsWith(`/${name}`))
      if (!queue) throw new Error(`there is no queue ${queueUrl}`)
      rights.require(of, 'sqs:SendMessage', queue.arn)
      sqs.send(queue.arn, { body })
    },

    async publish(message, of) {
      rights.require(of, 'iot:Publish', `${arnPrefix}:topic/${message.topic}`)
      await services.broker().publish({ ...message, principalId: of.roleArn })
    },

    async startExecution({ stateMachineName, name, input }, of) {
      const machine = [...services.states.machines.values()].find((one) => one.name === stateMachineName)
      if (!machine) throw new TargetError('StateMachineDoesNotExist', `there is no state machine ${stateMachineName}`)
      rights.require(of, 'states:StartExecution', machine.arn)
      services.states.start(machine.arn, { name, input })
    },

    async putItem(tableName, of, item) {
      rights.require(of, 'dynamodb:PutItem', dynamoDb.tableArn(tableName))
      const { status, body } = await dynamoDb.handle('PutItem', { TableName: tableName, Item: item })
      if (status === 200) return
      const { __type: type = 'InternalServerError', message = '', Message = message } = JSON.parse(body)
      throw new TargetError(String(type).split('#').pop() ?? '', String(Message))
    },
  }
}
