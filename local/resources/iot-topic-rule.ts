import { MAX_ACTIONS } from '../iot/index.ts'
import { arn } from './context.ts'
import type { ResourceEmulator } from './emulator.ts'
import { ResourceError } from './errors.ts'
import { readProperties, requireText } from './properties.ts'
import { readTopicRuleAction } from './topic-rule-actions.ts'

/** https://docs.aws.amazon.com/iot/latest/apireference/API_CreateTopicRule.html */
const RULE_NAME = /^[a-zA-Z0-9_]{1,128}$/

/** AWS::IoT::TopicRule; an action that the runtime does not carry out stops the start. */
export const iotTopicRule: ResourceEmulator = {
  properties: {
    honoured: [
      'RuleName',
      'TopicRulePayload.Sql',
      'TopicRulePayload.AwsIotSqlVersion',
      'TopicRulePayload.Actions',
      'TopicRulePayload.ErrorAction',
      'TopicRulePayload.RuleDisabled',
    ],
    ignored: ['TopicRulePayload.Description', 'Tags'],
  },
  create(request, context) {
    const properties = readProperties(request)
    const name = properties.optionalText('RuleName') ?? request.physicalName().replaceAll('-', '_')
    if (!RULE_NAME.test(name)) {
      throw new ResourceError(
        'rule_name_invalid',
        `rule ${name}: expected a name of letters, digits and _, at most 128`,
      )
    }
    const payload = properties.object('TopicRulePayload')
    const ruleArn = arn(context, 'iot', `rule/${name}`)
    const errorAction = payload.ErrorAction === undefined ? undefined : readTopicRuleAction(payload.ErrorAction, name)
    const actions = Array.isArray(payload.Actions) ? payload.Actions : []
    if (actions.length > MAX_ACTIONS) {
      const text = `rule ${name}: expected at most ${MAX_ACTIONS} actions, got ${actions.length}`
      throw new ResourceError('rule_actions_exceeded', text)
    }
    const dispose = context.rules.define({
      name,
      arn: ruleArn,
      sql: requireText(`rule ${name}`, 'Sql', payload.Sql),
      sqlVersion: typeof payload.AwsIotSqlVersion === 'string' ? payload.AwsIotSqlVersion : undefined,
      isDisabled: payload.RuleDisabled === true || payload.RuleDisabled === 'true',
      actions: actions.map((one) => readTopicRuleAction(one, name)),
      ...(errorAction && { errorAction }),
    })
    return { ref: name, attributes: { Arn: ruleArn }, dispose }
  },
}
