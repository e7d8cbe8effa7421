import type { JsonValue } from '../values/values.ts'

/** A call of a function that asks something outside, its arguments by the names of the documentation. */
export type ExternalCall =
  | { readonly function: 'aws_lambda'; readonly functionArn: string; readonly inputJson: JsonValue }
  | {
      readonly function: 'get_dynamodb'
      readonly tableName: string
      readonly partitionKeyName: string
      readonly partitionKeyValue: JsonValue
      readonly sortKeyName?: string | undefined
      readonly sortKeyValue?: JsonValue | undefined
      readonly roleArn: string
    }
  | {
      readonly function: 'get_registry_data'
      /** `DescribeThing` or `ListThingGroupsForThing`. */
      readonly registryApi: string
      readonly thingName: string
      readonly roleArn: string
    }
  | {
      readonly function: 'get_secret'
      /** ARN or friendly name. */
      readonly secretId: string
      readonly secretType: 'SecretString' | 'SecretBinary'
      /** A member of the JSON object in SecretString. */
      readonly key?: string | undefined
      readonly roleArn: string
    }
  | {
      readonly function: 'get_thing_shadow'
      readonly thingName: string
      readonly shadowName?: string | undefined
      readonly roleArn: string
    }
  | {
      readonly function: 'machinelearning_predict'
      readonly modelId: string
      readonly roleArn: string
      /** One level deep: deeper members as JSON text. */
      readonly record: JsonValue
    }
  | {
      /** `decode(value, 'proto', …)`: a protobuf message by a FileDescriptorSet in S3. */
      readonly function: 'decode'
      readonly value: Uint8Array
      readonly bucketName: string
      readonly objectKey: string
      readonly protoName: string
      readonly messageType: string
    }

export type ExternalFunctionName = ExternalCall['function']

/** Who answers the functions that ask something outside. */
export interface ExternalFunctions {
  /** The function's result; undefined is Undefined. A rejection fails the function, and with it the rule. */
  call(call: ExternalCall): Promise<JsonValue | undefined>
}

/**
 * How often a statement may call one. https://docs.aws.amazon.com/iot/latest/developerguide/iot-sql-functions.html
 */
export const MAX_CALLS_PER_STATEMENT: Readonly<Partial<Record<ExternalFunctionName, number>>> = {
  get_dynamodb: 1,
  get_registry_data: 1,
  decode: 2,
}
