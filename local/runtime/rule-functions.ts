import type { IotRegistry } from '../iot/index.ts'
import { type ExternalCall, type ExternalFunctions, type JsonValue, secretAnswer } from '../iot-sql/index.ts'
import type { Secrets } from '../secrets/index.ts'
import type { RuleRights, RuleServices } from './rule-targets.ts'

type CallOf<Name extends ExternalCall['function']> = Extract<ExternalCall, { function: Name }>

/**
 * What the SQL of a rule may ask of other services, each with the rights that AWS wants for it: functions by their own policy, the rest
 * by the role that the call names. Shadows, machine learning and buckets are not here; asking them fails the statement.
 */
export function createRuleFunctions(
  services: RuleServices & { readonly secrets: Secrets; readonly registry: IotRegistry },
  rights: RuleRights,
  arnPrefix: string,
): (rule: { arn: string }) => ExternalFunctions {
  const { lambda, dynamoDb, secrets, registry } = services

  async function invoke({ functionArn, inputJson }: CallOf<'aws_lambda'>, ruleArn: string): Promise<JsonValue> {
    rights.requirePermission(functionArn, ruleArn)
    const { payload, functionError } = await lambda.invoke(functionArn, inputJson as JsonValue)
    if (functionError !== undefined) throw new Error(`${functionArn} failed`)
    return payload
  }

  async function getItem(call: CallOf<'get_dynamodb'>, ruleArn: string): Promise<JsonValue | undefined> {
    const { tableName, partitionKeyName, partitionKeyValue, sortKeyName, sortKeyValue, roleArn } = call
    rights.require({ roleArn, ruleArn }, 'dynamodb:GetItem', dynamoDb.tableArn(tableName))
    const Key = {
      [partitionKeyName]: keyAttribute(partitionKeyValue),
      ...(sortKeyName !== undefined && { [sortKeyName]: keyAttribute(sortKeyValue) }),
    }
    const { status, body } = await dynamoDb.handle('GetItem', { TableName: tableName, Key })
    if (status !== 200) throw new Error(`GetItem on ${tableName} answered ${status}`)
    const { Item } = JSON.parse(body)
    return Item === undefined ? undefined : fromAttribute({ M: Item })
  }

  function getSecret(call: CallOf<'get_secret'>, ruleArn: string): JsonValue {
    const { secretId, roleArn } = call
    rights.require({ roleArn, ruleArn }, 'secretsmanager:GetSecretValue', secrets.findArn(secretId) ?? secretId)
    const { SecretString, SecretBinary } = secrets.handle('GetSecretValue', { SecretId: secretId })
    return secretAnswer(
      {
        ...(typeof SecretString === 'string' && { SecretString }),
        ...(typeof SecretBinary === 'string' && { SecretBinary: Buffer.from(SecretBinary, 'base64') }),
      },
      call,
    )
  }

  function describeThing({ registryApi, thingName, roleArn }: CallOf<'get_registry_data'>, ruleArn: string): JsonValue {
    rights.require({ roleArn, ruleArn }, `iot:${registryApi}`, `${arnPrefix}:thing/${thingName}`)
    const thing = registry.things.get(thingName)
    if (registryApi !== 'DescribeThing' || thing === undefined) throw new Error(`${registryApi} of ${thingName} failed`)
    const { thingTypeName, attributes } = thing
    return { thingName, ...(thingTypeName !== undefined && { thingTypeName }), attributes: { ...attributes } }
  }

  return ({ arn }) => ({
    async call(call) {
      switch (call.function) {
        case 'aws_lambda':
          return invoke(call, arn)
        case 'get_dynamodb':
          return getItem(call, arn)
        case 'get_secret':
          return getSecret(call, arn)
        case 'get_registry_data':
          return describeThing(call, arn)
        case 'get_thing_shadow':
        case 'machinelearning_predict':
        case 'decode':
          throw new Error(`the local runtime does not answer ${call.function}`)
      }
    },
  })
}

function keyAttribute(value: JsonValue | undefined): object {
  return typeof value === 'number' ? { N: String(value) } : { S: String(value) }
}

/** An attribute value as plain JSON; sets become lists, binary stays base64. */
function fromAttribute(attribute: Record<string, unknown>): JsonValue {
  const [[type, value] = ['NULL', true]] = Object.entries(attribute)
  if (type === 'NULL') return null
  if (type === 'N') return Number(value)
  if (type === 'L') return (value as Record<string, unknown>[]).map(fromAttribute)
  if (type === 'NS') return (value as string[]).map(Number)
  if (type !== 'M') return value as JsonValue
  const members = Object.entries(value as Record<string, Record<string, unknown>>)
  return Object.fromEntries(members.map(([name, member]) => [name, fromAttribute(member)]))
}
