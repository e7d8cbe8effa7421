import type { ActionKit, PreparedAction } from '../prepared-action.ts'
import type { DynamoDbV2Action } from '../topic-rule.ts'

/** Puts the members of the statement's output into a table, each as an attribute. Replaces an item that is there. */
export function prepareDynamoDbV2(action: DynamoDbV2Action, { rule, targets, template }: ActionKit): PreparedAction {
  const { tableName, roleArn } = action
  const target = template(tableName)
  return {
    type: 'DynamoDBv2',
    resource: tableName,
    async perform(run) {
      const { text, bytes } = run.output
      const item = bytes === undefined ? attributesOf(text) : undefined
      if (item === undefined) throw new TypeError('the output is no JSON object, whose members would be the attributes')
      await targets.putItem(await target(run), { roleArn, ruleArn: rule.arn }, item)
    },
  }
}

/** The attributes of a JSON object as DynamoDB writes them; numbers keep their digits. Undefined for other JSON. */
export function attributesOf(json: string): Record<string, unknown> | undefined {
  const { M } = JSON.parse(json, toAttribute as (key: string, value: unknown) => unknown)
  return M
}

/** Called for every value, members before what they are members of. */
function toAttribute(_key: string, value: unknown, { source }: { source?: string }): object {
  if (typeof value === 'number') return { N: source ?? String(value) }
  if (typeof value === 'string') return { S: value }
  if (typeof value === 'boolean') return { BOOL: value }
  if (value === null) return { NULL: true }
  return Array.isArray(value) ? { L: value } : { M: value }
}
