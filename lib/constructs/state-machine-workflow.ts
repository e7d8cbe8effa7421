import { ArnFormat, Stack, Validations } from 'aws-cdk-lib'
import * as events from 'aws-cdk-lib/aws-events'
import * as targets from 'aws-cdk-lib/aws-events-targets'
import * as iam from 'aws-cdk-lib/aws-iam'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import * as stepfunctions from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import type { StateMachineDefinition } from '../state-machine-file.ts'
import type { BridgeFunction } from './bridge-function.ts'

export interface StateMachineWorkflowProps {
  /** Of the state machine. */
  name: string
  /** May name `${Requester}`, which asks devices, `${Reconciler}`, which answers, and the keys of `substitutions`. */
  definition: StateMachineDefinition
  substitutions: Readonly<Record<string, string>>
  starter: BridgeFunction
  requester: BridgeFunction
  reconciler: BridgeFunction
  /** Takes what EventBridge could not hand to the reconciler. */
  reconcilerQueue: IQueue
}

/**
 * A workflow that is a state machine of Step Functions. It may ask devices, with task tokens, and answer; a rule tells the reconciler of its
 * executions that failed, timed out or were aborted.
 */
export class StateMachineWorkflow extends Construct {
  constructor(scope: Construct, id: string, props: StateMachineWorkflowProps) {
    super(scope, id)
    const { name, definition, starter, requester, reconciler, reconcilerQueue } = props
    const role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('states.amazonaws.com') })
    const functionArns = [requester, reconciler].map((one) => one.function.functionArn)
    role.addToPolicy(new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: functionArns }))
    const machine = new stepfunctions.CfnStateMachine(this, 'Machine', {
      stateMachineName: name,
      definitionString: JSON.stringify(definition),
      definitionSubstitutions: {
        ...props.substitutions,
        Requester: requester.function.functionArn,
        Reconciler: reconciler.function.functionArn,
      },
      roleArn: role.roleArn,
    })
    // the service refuses a machine whose role may nothing yet
    machine.node.addDependency(role)
    const history = 'The service keeps the history of every execution; a log would hold what users sent.'
    Validations.of(machine).acknowledge({ id: 'AwsSolutions-SF1', reason: history })
    Validations.of(machine).acknowledge({ id: 'AwsSolutions-SF2', reason: 'Its functions are not traced either.' })
    const arn = stateMachineArn(this, name)
    starter.allow('states:StartExecution', arn)
    // https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
    const rule = new events.Rule(this, 'Ended', {
      description: `Executions of ${name} that ended without a word`,
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: { status: ['FAILED', 'TIMED_OUT', 'ABORTED'], stateMachineArn: [arn] },
      },
    })
    rule.addTarget(new targets.LambdaFunction(reconciler.function, { deadLetterQueue: reconcilerQueue }))
  }
}

/** Made of the name, so that who starts it does not depend on it. */
export function stateMachineArn(scope: Construct, resourceName: string): string {
  const arnFormat = ArnFormat.COLON_RESOURCE_NAME
  return Stack.of(scope).formatArn({ service: 'states', resource: 'stateMachine', resourceName, arnFormat })
}
