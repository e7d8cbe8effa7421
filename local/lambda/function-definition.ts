import { statSync } from 'node:fs'
import { LambdaError } from './lambda-error.ts'

/** A function as the template describes it. */
export interface FunctionDefinition {
  functionName: string
  functionArn: string
  /** Folder with the bundle. */
  codePath: string
  /** `<file>.<export>`, for example `index.handler`. */
  handler: string
  /** Credentials and `AWS_ENDPOINT_URL` included; the names Lambda reserves are added and win. */
  environment: Readonly<Record<string, string>>
  /** 1 to 900. */
  timeoutSeconds: number
  /** 128 to 10,240. Bounds the heap only: buffers are not counted. */
  memoryMb: number
  /** 0 switches the function off. Default: bounded by the service alone. */
  reservedConcurrency?: number | undefined
  /** The role under which destinations and the dead-letter queue are written. */
  roleArn?: string | undefined
  deadLetterArn?: string | undefined
  /** Default `/aws/lambda/<functionName>`. */
  logGroupName?: string | undefined
}

/** What happens to asynchronous events of a function. https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html */
export interface AsyncSettings {
  /** 0 to 2, default 2. */
  maximumRetryAttempts?: number | undefined
  /** 60 to 21,600, default 21,600. */
  maximumEventAgeSeconds?: number | undefined
  onSuccessArn?: string | undefined
  onFailureArn?: string | undefined
}

/** With the defaults filled in. */
export type CheckedAsyncSettings = AsyncSettings & { maximumRetryAttempts: number; maximumEventAgeSeconds: number }

// https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
const NAME = /^[a-zA-Z0-9_-]{1,64}$/
const ARN = /^arn:[a-z-]+:lambda:([a-z0-9-]+):\d{12}:function:([a-zA-Z0-9_-]+)$/
const HANDLER = /^[\w/-]+(\.[\w$]+)+$/
const MAX_TIMEOUT_SECONDS = 900
const MEMORY_MB = { min: 128, max: 10_240 }
const MAX_RETRY_ATTEMPTS = 2
const EVENT_AGE_SECONDS = { min: 60, max: 21_600 }

/** Refuses with `InvalidParameterValueException` what Lambda would not create. */
export function checkDefinition(definition: FunctionDefinition): void {
  const { functionName, functionArn, handler, codePath } = definition
  requireThat(NAME.test(functionName), `functionName: expected ${NAME.source}, got '${functionName}'`)
  requireThat(
    ARN.exec(functionArn)?.[2] === functionName,
    `functionArn: expected arn:<partition>:lambda:<region>:<account>:function:${functionName}, got '${functionArn}'`,
  )
  requireThat(HANDLER.test(handler), `handler: expected <file>.<export>, got '${handler}'`)
  requireThat(
    statSync(codePath, { throwIfNoEntry: false })?.isDirectory() === true,
    `codePath: expected a folder, got '${codePath}'`,
  )
  requireRange('timeoutSeconds', definition.timeoutSeconds, 1, MAX_TIMEOUT_SECONDS)
  requireRange('memoryMb', definition.memoryMb, MEMORY_MB.min, MEMORY_MB.max)
  requireRange('reservedConcurrency', definition.reservedConcurrency ?? 0, 0, Number.MAX_SAFE_INTEGER)
}

/** The settings with their defaults; refuses with `InvalidParameterValueException` what Lambda would not store. */
export function checkedSettings(settings: AsyncSettings): CheckedAsyncSettings {
  const { maximumRetryAttempts = MAX_RETRY_ATTEMPTS, maximumEventAgeSeconds = EVENT_AGE_SECONDS.max } = settings
  requireRange('maximumRetryAttempts', maximumRetryAttempts, 0, MAX_RETRY_ATTEMPTS)
  requireRange('maximumEventAgeSeconds', maximumEventAgeSeconds, EVENT_AGE_SECONDS.min, EVENT_AGE_SECONDS.max)
  return { ...settings, maximumRetryAttempts, maximumEventAgeSeconds }
}

/** CloudWatch's name for the group the function logs to. */
export function logGroupOf({ logGroupName, functionName }: FunctionDefinition): string {
  return logGroupName ?? `/aws/lambda/${functionName}`
}

/**
 * The variables the function sees: its own, and over them those Lambda reserves.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 */
export function runtimeEnvironment(definition: FunctionDefinition, logStreamName: string): Record<string, string> {
  const region = ARN.exec(definition.functionArn)?.[1] ?? ''
  return {
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    ...definition.environment,
    _HANDLER: definition.handler,
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(definition.memoryMb),
    AWS_LAMBDA_FUNCTION_NAME: definition.functionName,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: logGroupOf(definition),
    AWS_LAMBDA_LOG_STREAM_NAME: logStreamName,
    AWS_REGION: region,
    LAMBDA_TASK_ROOT: definition.codePath,
  }
}

function requireRange(name: string, value: number, min: number, max: number): void {
  requireThat(
    Number.isInteger(value) && value >= min && value <= max,
    `${name}: expected an integer from ${min} to ${max}, got ${value}`,
  )
}

function requireThat(holds: boolean, message: string): void {
  if (!holds) throw new LambdaError('InvalidParameterValueException', message)
}
