import type { ActionKit, PreparedAction } from '../prepared-action.ts'
import type { LambdaAction } from '../topic-rule.ts'

/** Invokes a function asynchronously, with the statement's output as its event. What the function makes of it, the rule never learns. */
export function prepareLambda({ functionArn }: LambdaAction, { rule, targets, template }: ActionKit): PreparedAction {
  const target = template(functionArn)
  return {
    type: 'Lambda',
    resource: functionArn,
    async perform(run) {
      const { output, bytes } = run.output
      if (bytes !== undefined) throw new TypeError('the payload is no JSON, which is all that a function takes')
      await targets.invokeFunction(await target(run), rule.arn, output)
    },
  }
}
