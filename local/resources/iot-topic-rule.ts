import type { RuleAction } from '../iot/index.ts'
import type { Emulator, JsonValue } from '../template/index.ts'
import { arn, type ResourceContext } from './context.ts'
import { isObject, readProperties, requireText } from './properties.ts'

/** What CloudFormation takes when a rule names no version. */
const DEFAULT_SQL_VERSION = '2015-10-08'

/** AWS::IoT::TopicRule with lambda and sqs actions; any other action stops the start. */
export const iotTopicRule: Emulator<ResourceContext> = {
  create(request, context) {
    const properties = readProperties(request)
    const name = properties.optionalText('RuleName') ?? request.physicalName().replaceAll('-', '_')
    const payload = properties.object('TopicRulePayload')
    const ruleArn = arn(context, 'iot', `rule/${name}`)
    const errorAction = payload.ErrorAction === undefined ? undefined : ruleAction(payload.ErrorAction, name)
    context.rules.define({
      name,
      arn: ruleArn,
      sql: requireText(`rule ${name}`, 'Sql', payload.Sql),
      sqlVersion: String(payload.AwsIotSqlVersion ?? DEFAULT_SQL_VERSION),
      isDisabled: payload.RuleDisabled === true || payload.RuleDisabled === 'true',
      actions: (Array.isArray(payload.Actions) ? payload.Actions : []).map((action) => ruleAction(action, name)),
      ...(errorAction && { errorAction }),
    })
    return { ref: name, attributes: { Arn: ruleArn }, dispose: () => context.rules.remove(name) }
  },
}

function ruleAction(action: JsonValue, rule: string): RuleAction {
  const of = `rule ${rule}`
  if (isObject(action)) {
    const { Lambda, Sqs } = action
    if (isObject(Lambda)) return { kind: 'lambda', functionArn: requireText(of, 'FunctionArn', Lambda.FunctionArn) }
    if (isObject(Sqs)) {
      const useBase64 = Sqs.UseBase64 === true || Sqs.UseBase64 === 'true'
      const queueUrl = requireText(of, 'QueueUrl', Sqs.QueueUrl)
      return { kind: 'sqs', queueUrl, roleArn: requireText(of, 'RoleArn', Sqs.RoleArn), useBase64 }
    }
  }
  const kinds = isObject(action) ? Object.keys(action).join(', ') : typeof action
  throw new TypeError(`${of}: the local runtime has the actions Lambda and Sqs, got ${kinds}`)
}
