import type { ActionKit, PreparedAction } from '../prepared-action.ts'
import type { RepublishAction } from '../topic-rule.ts'
import { prepareHeaders } from './republish-headers.ts'

/** Reserved for jobs, to which republishing is not supported. */
const JOB_TOPIC = /^\$aws\/things\/[^/]+\/jobs(?:\/|$)/

/** Publishes the statement's output, or a payload that is no JSON as it came. Throws for a reserved topic that is not written with `$$`. */
export function prepareRepublish(action: RepublishAction, kit: ActionKit): PreparedAction {
  const { topic, qos = 0, roleArn } = action
  const { rule, targets } = kit
  if (/^\$(?![{$])/.test(topic)) {
    throw new TypeError(
      `rule ${rule.name}: expected $$ at the beginning of a reserved topic to republish to, got ${topic}`,
    )
  }
  const isReserved = topic.startsWith('$$')
  const target = kit.template(isReserved ? topic.slice(1) : topic)
  const headers = prepareHeaders(action.headers, kit)
  return {
    type: 'Republish',
    resource: topic,
    async perform(run) {
      const name = await target(run)
      if (JOB_TOPIC.test(name)) throw new TypeError(`republishing to topics of jobs is not supported: ${name}`)
      if (name.startsWith('$') && !isReserved) throw new TypeError(`a reserved topic must be written with $$: ${name}`)
      const { text, bytes } = run.output
      const payload = bytes === undefined ? Buffer.from(text) : Buffer.from(bytes)
      const message = { topic: name, payload, qos, properties: await headers(run) }
      await targets.publish(message, { roleArn, ruleArn: rule.arn })
    },
  }
}
