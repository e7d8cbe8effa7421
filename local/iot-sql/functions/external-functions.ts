import type { ExternalFunctionName } from '../external/external-call.ts'
import type { Argument } from '../syntax/ast.ts'
import { toText } from '../values/convert.ts'
import { toJson } from '../values/json-text.ts'
import { isObject, type JsonValue, type SqlValue } from '../values/values.ts'
import { type CallContext, define, type SqlFunction } from './sql-function.ts'

/** Functions that ask something outside. Wrong types give Undefined and ask nothing. */
export const EXTERNAL_FUNCTIONS: readonly SqlFunction[] = [
  external('aws_lambda', 2, { payloadAt: 1 }, ([functionArn, input], context, payload) => {
    const inputJson = payload === undefined ? input : context.json()
    if (typeof functionArn !== 'string' || inputJson === undefined) return undefined
    return context.external({ function: 'aws_lambda', functionArn, inputJson: toJson(inputJson) })
  }),
  external('get_dynamodb', [4, 6], { since: '2016-03-23', roleAt: 'last' }, (args, context) => {
    const [tableName, partitionKeyName, key, sortKeyName, sortKey] = args
    const roleArn = args.at(-1)
    if (args.length === 5 || !areTexts([tableName, partitionKeyName, roleArn]) || key === undefined) return undefined
    const names = { tableName: String(tableName), partitionKeyName: String(partitionKeyName), roleArn: String(roleArn) }
    const call = { function: 'get_dynamodb' as const, ...names, partitionKeyValue: toJson(key) }
    if (args.length === 4) return context.external(call)
    if (typeof sortKeyName !== 'string' || sortKey === undefined) return undefined
    return context.external({ ...call, sortKeyName, sortKeyValue: toJson(sortKey) })
  }),
  external('get_registry_data', 3, { since: '2016-03-23', roleAt: 'last' }, ([api, thing, role], context) => {
    if (!areTexts([api, thing, role])) return undefined
    const [registryApi, thingName, roleArn] = [String(api), String(thing), String(role)]
    return context.external({ function: 'get_registry_data', registryApi, thingName, roleArn })
  }),
  external('get_secret', [3, 4], { roleAt: 'last' }, (args, context) => {
    const [secretId, secretType, key] = args
    if (!areTexts(args) || (secretType !== 'SecretString' && secretType !== 'SecretBinary')) return undefined
    const call = { function: 'get_secret' as const, secretId: String(secretId), roleArn: String(args.at(-1)) }
    return context.external({ ...call, secretType, ...(args.length === 4 && { key: String(key) }) })
  }),
  external('get_thing_shadow', [2, 3], { since: '2016-03-23', roleAt: 'last' }, (args, context) => {
    if (!areTexts(args)) return undefined
    const call = { thingName: String(args[0]), roleArn: String(args.at(-1)) }
    const shadow = args.length === 3 && { shadowName: String(args[1]) }
    return context.external({ function: 'get_thing_shadow', ...call, ...shadow })
  }),
  external('machinelearning_predict', 3, { payloadAt: 2, roleAt: 1 }, ([modelId, roleArn, value], context, payload) => {
    const record = payload === undefined ? value : context.json()
    if (typeof modelId !== 'string' || typeof roleArn !== 'string' || !isObject(record)) return undefined
    const flat = Object.entries(record).map(([name, member]): [string, JsonValue] => [name, flatten(member)])
    return context.external({
      function: 'machinelearning_predict',
      modelId,
      roleArn,
      record: Object.fromEntries(flat),
    })
  }),
]

type Call = (args: readonly SqlValue[], context: CallContext, payload?: Uint8Array) => SqlValue

/** The role is a text as written: roles are no variables. */
function external(
  name: ExternalFunctionName,
  count: number | readonly [number, number],
  { roleAt, ...more }: Partial<SqlFunction> & { roleAt?: number | 'last' },
  call: Call,
): SqlFunction {
  return define(name, count, call, {
    ...more,
    asks: () => name,
    refuseArguments(args: readonly Argument[]) {
      const role = roleAt === undefined ? undefined : args.at(roleAt === 'last' ? -1 : roleAt)
      return role?.kind === 'variable' ? `expected the role as a text, found ${role.name}` : undefined
    },
  })
}

function areTexts(values: readonly SqlValue[]): boolean {
  return values.every((value) => typeof value === 'string')
}

/** Amazon ML takes one level: what is deeper goes as JSON text. */
function flatten(value: SqlValue): JsonValue {
  if (value === undefined) return null
  return typeof value === 'object' && value !== null ? (toText(value) ?? null) : toJson(value)
}
