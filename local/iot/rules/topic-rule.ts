/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iot-topicrule.html */
export interface TopicRule {
  name: string
  arn: string
  sql: string
  /** Left out it means 2015-10-08. */
  sqlVersion: string | undefined
  isDisabled: boolean
  /** At most 10. */
  actions: RuleAction[]
  errorAction?: RuleAction
}

/** The actions that the runtime carries out. Texts marked "template" may hold substitution templates. */
export type RuleAction = LambdaAction | RepublishAction | DynamoDbV2Action | SqsAction | StepFunctionsAction

/** https://docs.aws.amazon.com/iot/latest/developerguide/lambda-rule-action.html */
export interface LambdaAction {
  kind: 'lambda'
  /** Template. */
  functionArn: string
}

/** https://docs.aws.amazon.com/iot/latest/developerguide/republish-rule-action.html */
export interface RepublishAction {
  kind: 'republish'
  /** Template; `$$` at its beginning stands for the `$` of a reserved topic. */
  topic: string
  /** Default 0. */
  qos?: 0 | 1
  roleArn: string
  headers?: RepublishHeaders
}

/** Headers of MQTT 5, each a template. */
export interface RepublishHeaders {
  /** `UTF8_DATA` or `UNSPECIFIED_BYTES`. */
  payloadFormatIndicator?: string
  contentType?: string
  responseTopic?: string
  /** Base64. */
  correlationData?: string
  /** Seconds. */
  messageExpiry?: string
  /** At most 100. */
  userProperties?: readonly { key: string; value: string }[]
}

/** https://docs.aws.amazon.com/iot/latest/developerguide/dynamodb-v2-rule-action.html */
export interface DynamoDbV2Action {
  kind: 'dynamoDBv2'
  /** Template. */
  tableName: string
  roleArn: string
}

/** https://docs.aws.amazon.com/iot/latest/developerguide/sqs-rule-action.html */
export interface SqsAction {
  kind: 'sqs'
  /** Template. */
  queueUrl: string
  roleArn: string
  useBase64: boolean
}

/** https://docs.aws.amazon.com/iot/latest/developerguide/stepfunctions-rule-action.html */
export interface StepFunctionsAction {
  kind: 'stepFunctions'
  /** Template. */
  stateMachineName: string
  /** Template; a UUID follows it. */
  executionNamePrefix?: string
  roleArn: string
}
