import type { ActionKit, PreparedAction } from '../prepared-action.ts'
import type { SqsAction } from '../topic-rule.ts'

/** Sends the statement's output to a queue. */
export function prepareSqs(action: SqsAction, { rule, targets, template }: ActionKit): PreparedAction {
  const { queueUrl, roleArn, useBase64 } = action
  const target = template(queueUrl)
  return {
    type: 'Sqs',
    resource: queueUrl,
    async perform(run) {
      const { text, bytes } = run.output
      const body = bytes === undefined ? Buffer.from(text) : Buffer.from(bytes)
      const encoded = body.toString(useBase64 ? 'base64' : 'utf8')
      await targets.sendToQueue(await target(run), { roleArn, ruleArn: rule.arn }, encoded)
    },
  }
}
