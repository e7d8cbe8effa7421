import { type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import { bridgeError, CONSCIENCE_RULE_SET } from '#contract/index.ts'

/** A version as the table has it: whoever may write there may have written anything. */
export interface StoredRules {
  version: number
  rules_json: unknown
}

/** Reads the versions of the rule set. */
export interface RuleTable {
  /** The highest version below `below`, or of all; undefined when there is none. Throws store_unavailable. */
  newest(below?: number): Promise<StoredRules | undefined>
}

/** One strongly consistent read a call. */
export function createRuleTable(options: { client: DynamoDBClient; tableName: string }): RuleTable {
  return {
    async newest(below = Number.MAX_SAFE_INTEGER) {
      const query = new QueryCommand({
        TableName: options.tableName,
        KeyConditionExpression: 'rule_set = :set AND #version < :below',
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: { ':set': { S: CONSCIENCE_RULE_SET }, ':below': { N: String(below) } },
        ScanIndexForward: false,
        Limit: 1,
        ConsistentRead: true,
      })
      const { Items = [] } = await options.client.send(query).catch((cause: unknown) => {
        throw bridgeError('store_unavailable', { operation: 'conscience rules' }, { cause })
      })
      const [item] = Items
      if (!item) return undefined
      const { version, rules_json } = unmarshall(item)
      return { version: Number(version), rules_json }
    },
  }
}
