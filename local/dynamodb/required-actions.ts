import type { RequiredAction } from '../aws-api/index.ts'
import { isRecord } from './table-names.ts'

type Body = Readonly<Record<string, unknown>>

// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
const WITHOUT_TABLE = new Set(['ListTables', 'DescribeLimits', 'DescribeEndpoints', 'ListBackups', 'ListGlobalTables'])
const TRANSACTION_ACTIONS: Readonly<Record<string, string>> = {
  Get: 'GetItem',
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
}

/**
 * The permissions an operation needs: on its table, on the index it reads instead, on every table of a batch, or the single
 * operations a transaction consists of.
 */
export function requiredActions(
  operation: string,
  body: Body,
  tableArn: (tableNameOrArn: string) => string,
): RequiredAction[] {
  const { TableName, IndexName, RequestItems, TransactItems, ResourceArn } = body
  const action = `dynamodb:${operation}`
  if (WITHOUT_TABLE.has(operation)) return [{ action, resource: '*' }]
  if (Array.isArray(TransactItems)) {
    return TransactItems.filter(isRecord).flatMap((item) =>
      Object.entries(item).map(([kind, request]) => ({
        action: `dynamodb:${TRANSACTION_ACTIONS[kind] ?? operation}`,
        resource: isRecord(request) ? tableArn(String(request.TableName)) : '*',
      })),
    )
  }
  if (isRecord(RequestItems)) {
    return Object.keys(RequestItems).map((name) => ({ action, resource: tableArn(name) }))
  }
  if (typeof ResourceArn === 'string') return [{ action, resource: ResourceArn }]
  if (typeof TableName !== 'string') return [{ action, resource: '*' }]
  const table = tableArn(TableName)
  const isOnIndex = typeof IndexName === 'string' && (operation === 'Query' || operation === 'Scan')
  return [{ action, resource: isOnIndex ? `${table}/index/${IndexName}` : table }]
}
