import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb'
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb'
import { CONSCIENCE_RULE_SET, describeIssue, type RuleSetRecord, ruleSetRecordSchema } from '#contract/index.ts'
import { CommandError } from '../command-error.ts'

/** The versions of the conscience's rules. */
export interface RuleSets {
  /** Newest first; the first of them is in force. */
  newest(count: number): Promise<RuleSetRecord[]>
  /** Throws rules_not_found. */
  get(version: number): Promise<RuleSetRecord>
  /** Adds the version after `after`. Throws invalid_option for what is too long, rules_changed when somebody else was faster. */
  add(after: number, rulesJson: string | null, note: string | null): Promise<RuleSetRecord>
}

export function createRuleSets(client: DynamoDBClient, TableName: string): RuleSets {
  async function query(condition: string, values: Record<string, { N: string }>, limit: number) {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: condition,
        ...(Object.keys(values).length > 0 && { ExpressionAttributeNames: { '#version': 'version' } }),
        ExpressionAttributeValues: { ':set': { S: CONSCIENCE_RULE_SET }, ...values },
        ScanIndexForward: false,
        Limit: limit,
        ConsistentRead: true,
      }),
    )
    return Items.map((item) => ruleSetRecordSchema.parse(unmarshall(item)))
  }

  return {
    newest: (count) => query('rule_set = :set', {}, count),
    async get(version) {
      const [record] = await query('rule_set = :set AND #version = :version', { ':version': { N: String(version) } }, 1)
      if (record) return record
      throw new CommandError('failed', 'rules_not_found', `there is no version ${version} of the rules`)
    },
    async add(after, rulesJson, note) {
      const record: RuleSetRecord = {
        rule_set: CONSCIENCE_RULE_SET,
        version: after + 1,
        rules_json: rulesJson,
        set_at_ms: Date.now(),
        note,
      }
      const checked = ruleSetRecordSchema.safeParse(record)
      if (!checked.success) throw new CommandError('usage', 'invalid_option', describeIssue(checked.error))
      const put = new PutItemCommand({
        TableName,
        Item: marshall(record),
        ConditionExpression: 'attribute_not_exists(rule_set)',
      })
      await client.send(put).catch((error: unknown) => {
        if (!(error instanceof ConditionalCheckFailedException)) throw error
        const text = `somebody else has set version ${record.version}; look at it with "npx bridge rules get" and try again`
        throw new CommandError('failed', 'rules_changed', text)
      })
      return record
    },
  }
}
