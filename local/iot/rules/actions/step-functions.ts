import { randomUUID } from 'node:crypto'
import type { ActionKit, PreparedAction } from '../prepared-action.ts'
import type { StepFunctionsAction } from '../topic-rule.ts'

/** Starts an execution with the statement's output as its input. Throws where the runtime has no workflows. */
export function prepareStepFunctions(
  action: StepFunctionsAction,
  { rule, targets, template }: ActionKit,
): PreparedAction {
  const { stateMachineName, executionNamePrefix = '', roleArn } = action
  const { startExecution } = targets
  if (startExecution === undefined) {
    throw new TypeError(
      `rule ${rule.name}: the local runtime runs no Step Functions state machines, so the action for ${stateMachineName} cannot be carried out`,
    )
  }
  const target = template(stateMachineName)
  const prefix = template(executionNamePrefix)
  return {
    type: 'StepFunctions',
    resource: stateMachineName,
    async perform(run) {
      const execution = {
        stateMachineName: await target(run),
        name: `${await prefix(run)}${randomUUID()}`,
        input: run.output.text,
      }
      await startExecution.call(targets, execution, { roleArn, ruleArn: rule.arn })
    },
  }
}
