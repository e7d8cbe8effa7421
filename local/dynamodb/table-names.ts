import type { DynamoDbResult } from './engine.ts'

type Body = Readonly<Record<string, unknown>>

export interface TableNames {
  arnOf(tableName: string): string
  /** The name in a table name or ARN. An ARN of another region or account stays as it is: there is no such table here. */
  nameOf(nameOrArn: string): string
  /** The body with plain names in TableName and RequestItems; the same object when there is nothing to replace. */
  withPlainNames(body: Body): Body
  /** The answer to a batch with its tables named as they were in the request. */
  withRequestedNames(result: DynamoDbResult, requested: Body): DynamoDbResult
  /** The answer with the ARNs of this account and region in place of dynalite's. */
  withOwnArns(result: DynamoDbResult): DynamoDbResult
}

const NAMED_BY_TABLE = new Set(['Responses', 'UnprocessedKeys', 'UnprocessedItems'])
const ENGINE_ARN = /"arn:aws:dynamodb:[^:"]*:\d*:table\//g

/** Names and ARNs of the tables of one account and region. */
export function createTableNames(options: { region: string; accountId: string }): TableNames {
  const prefix = `arn:aws:dynamodb:${options.region}:${options.accountId}:table/`
  const nameOf = (nameOrArn: string) => (nameOrArn.startsWith(prefix) ? nameOrArn.slice(prefix.length) : nameOrArn)
  return {
    arnOf: (tableName) => prefix + nameOf(tableName),
    nameOf,
    withPlainNames(body) {
      const { TableName, RequestItems } = body
      if (typeof TableName === 'string' && TableName.startsWith('arn:'))
        return { ...body, TableName: nameOf(TableName) }
      if (!isRecord(RequestItems) || !Object.keys(RequestItems).some((name) => name.startsWith('arn:'))) return body
      const entries = Object.entries(RequestItems).map(([name, items]) => [nameOf(name), items])
      return { ...body, RequestItems: Object.fromEntries(entries) }
    },
    withRequestedNames(result, { RequestItems }) {
      const requested = isRecord(RequestItems) ? Object.keys(RequestItems) : []
      const arns = new Map(requested.filter((name) => nameOf(name) !== name).map((arn) => [nameOf(arn), arn]))
      if (arns.size === 0 || result.status !== 200) return result
      const answer = Object.entries(JSON.parse(result.body) as Body).map(([member, value]) => {
        if (!NAMED_BY_TABLE.has(member) || !isRecord(value)) return [member, value]
        return [
          member,
          Object.fromEntries(Object.entries(value).map(([name, items]) => [arns.get(name) ?? name, items])),
        ]
      })
      return { status: result.status, body: JSON.stringify(Object.fromEntries(answer)) }
    },
    withOwnArns: (result) => ({ ...result, body: result.body.replace(ENGINE_ARN, `"${prefix}`) }),
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
