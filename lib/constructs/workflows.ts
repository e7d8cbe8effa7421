import { ArnFormat, Stack } from 'aws-cdk-lib'
import * as events from 'aws-cdk-lib/aws-events'
import * as targets from 'aws-cdk-lib/aws-events-targets'
import * as lambda from 'aws-cdk-lib/aws-lambda'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import type * as z from 'zod'
import { DURABLE_ALIAS, functionName, WORKFLOW_LIMITS, type WorkflowName } from '#contract/index.ts'
import type { workflowTarget } from '#functions/starter/env.ts'
import type { BridgeSettings } from '../settings.ts'
import { acceptWildcard, type BridgeFunction } from './bridge-function.ts'
import { StateMachineWorkflow, stateMachineArn } from './state-machine-workflow.ts'
import type { Tables } from './tables.ts'
import { handOver } from './work-queue.ts'

/** How long an execution may take whose longest wait for a person is this. */
export function executionTimeoutSeconds(decisionSeconds: number): number {
  return decisionSeconds + WORKFLOW_LIMITS.executionMarginSeconds
}

/**
 * Which workflow runs where, and how long repeats of a request wait for it, as the starter is told. The ARNs are made of names, so that who
 * starts a workflow does not depend on it.
 */
export function workflowTargets(
  scope: Construct,
  settings: BridgeSettings,
): Record<WorkflowName, z.input<typeof workflowTarget>> {
  const { stage, reviewDecisionSeconds, reviewStateMachine } = settings
  const name = functionName(stage, 'review')
  const executionSeconds = reviewStateMachine?.TimeoutSeconds ?? executionTimeoutSeconds(reviewDecisionSeconds)
  return {
    review: {
      arn: reviewStateMachine ? stateMachineArn(scope, name) : durableTargetArn(scope, name),
      running_seconds: executionSeconds + WORKFLOW_LIMITS.runningMarginSeconds,
    },
  }
}

export interface WorkflowsProps {
  settings: BridgeSettings
  tables: Tables
  publisher: BridgeFunction
  requester: BridgeFunction
  starter: BridgeFunction
  reconciler: BridgeFunction
  /** Takes what EventBridge could not hand to the reconciler as well. */
  reconcilerQueue: IQueue
  /** The workflows that are durable functions. */
  durable: Readonly<Partial<Record<WorkflowName, BridgeFunction>>>
}

/**
 * What starts workflows, what runs them, and what answers for those that end without a word. A durable function is invoked by an alias, and
 * a rule tells the reconciler of its executions that failed, timed out or were stopped. Those that Lambda could not even start come from its
 * dead-letter queue.
 */
export class Workflows extends Construct {
  readonly #props: WorkflowsProps

  constructor(scope: Construct, id: string, props: WorkflowsProps) {
    super(scope, id)
    this.#props = props
    const { tables, publisher, requester, starter, reconciler } = props
    const durable = Object.values(props.durable)
    for (const one of [starter, reconciler, ...durable]) {
      one.allow('dynamodb:UpdateItem', tables.correlations.tableArn)
    }
    for (const one of [reconciler, ...durable]) one.allow('lambda:InvokeFunction', publisher.function.functionArn)
    for (const one of durable) {
      one.allow('lambda:InvokeFunction', requester.function.functionArn)
      this.#run(one)
    }
    const { stage, reviewStateMachine: definition, reviewOperator: Operator } = props.settings
    if (!definition) return
    const name = functionName(stage, 'review')
    new StateMachineWorkflow(this, 'Review', { ...props, name, definition, substitutions: { Operator } })
  }

  #run(durable: BridgeFunction): void {
    const { starter, reconciler, reconcilerQueue } = this.#props
    const { functionName: name } = durable
    new lambda.CfnAlias(durable, 'Alias', {
      name: DURABLE_ALIAS,
      functionName: durable.function.functionName,
      functionVersion: durable.function.currentVersion.version,
    })
    starter.allow('lambda:InvokeFunction', durableTargetArn(this, name))
    // by its fixed name: by its attribute, function and role would depend on each other
    const executions = functionArn(this, `${name}:*`)
    durable.allow('lambda:CheckpointDurableExecution', executions)
    durable.allow('lambda:GetDurableExecutionState', executions)
    reconciler.allow('lambda:GetDurableExecution', executions)
    const tail = `lambda:<AWS::Region>:<AWS::AccountId>:function:${name}:*`
    acceptWildcard(durable.role, tail, 'Its own executions, of all its versions.')
    acceptWildcard(reconciler.role, tail, 'The executions of the workflow, of all its versions.')
    // https://docs.aws.amazon.com/lambda/latest/dg/durable-monitoring.html
    const rule = new events.Rule(durable, 'Ended', {
      description: `Executions of ${name} that ended without a word`,
      eventPattern: {
        source: ['aws.lambda'],
        detailType: ['Durable Execution Status Change'],
        detail: {
          status: ['FAILED', 'TIMED_OUT', 'STOPPED'],
          functionArn: [{ prefix: `${durable.function.functionArn}:` }],
        },
      },
    })
    rule.addTarget(new targets.LambdaFunction(reconciler.function, { deadLetterQueue: reconcilerQueue }))
    const { deadLetterQueue } = durable.function
    // one by one: what cannot be answered must not have others answered again
    if (deadLetterQueue) handOver(durable, deadLetterQueue, reconciler, { batchSize: 1 })
  }
}

/** The ARN by which a durable function is started: qualified, as it must be. */
function durableTargetArn(scope: Construct, name: string): string {
  return functionArn(scope, `${name}:${DURABLE_ALIAS}`)
}

function functionArn(scope: Construct, resourceName: string): string {
  const arnFormat = ArnFormat.COLON_RESOURCE_NAME
  return Stack.of(scope).formatArn({ service: 'lambda', resource: 'function', resourceName, arnFormat })
}
