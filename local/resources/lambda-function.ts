import { EXECUTION_TIMEOUT_SECONDS, RETENTION_DAYS } from '../durable/index.ts'
import type { Caller } from '../iam/index.ts'
import type { Created, ResourceRequest } from '../template/index.ts'
import { arn, type ResourceContext } from './context.ts'
import type { ResourceEmulator } from './emulator.ts'
import { ResourceError } from './errors.ts'
import { isObject, readProperties, requireText } from './properties.ts'

/** What the platform itself does under a function's role. https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html */
const LOG_ACTIONS = ['logs:CreateLogStream', 'logs:PutLogEvents'] as const

/** What the code of a durable function does with its own executions. https://docs.aws.amazon.com/lambda/latest/dg/durable-security.html */
const DURABLE_ACTIONS = ['lambda:CheckpointDurableExecution', 'lambda:GetDurableExecutionState'] as const

/** AWS::Lambda::Function of the Node.js runtime. */
export const lambdaFunction: ResourceEmulator = {
  properties: {
    honoured: [
      'FunctionName',
      'Runtime',
      'Handler',
      'Role',
      'Code.S3Key',
      'Environment',
      'Timeout',
      'MemorySize',
      'ReservedConcurrentExecutions',
      'DeadLetterConfig',
      'DurableConfig.ExecutionTimeout',
      'DurableConfig.RetentionPeriodInDays',
      'LoggingConfig.LogGroup',
    ],
    ignored: [
      'Architectures',
      'Code.S3Bucket',
      'CodeSigningConfigArn',
      'Description',
      'DurableConfig.KMSKeyArn',
      'EphemeralStorage',
      'KmsKeyArn',
      'LoggingConfig.ApplicationLogLevel',
      'LoggingConfig.LogFormat',
      'LoggingConfig.SystemLogLevel',
      'PackageType',
      'RecursiveLoop',
      'RuntimeManagementConfig',
      'SnapStart',
      'Tags',
      'TracingConfig',
      'VpcConfig',
    ],
    refused: ['Code.ImageUri', 'Code.ZipFile', 'FileSystemConfigs', 'ImageConfig', 'Layers'],
  },
  note: 'Node.js runtimes; the version of Node is the one that runs the bridge',
  create: (request, context) => put(request, context, undefined),
  update: (request, previous, context) => put(request, context, previous),
}

function put(request: ResourceRequest, context: ResourceContext, previous: Created | undefined): Created {
  const properties = readProperties(request)
  const runtime = properties.optionalText('Runtime')
  if (!runtime?.startsWith('nodejs')) throw new TypeError(`expected a Node.js runtime, got ${runtime}`)
  const functionName = properties.optionalText('FunctionName') ?? request.physicalName()
  const functionArn = arn(context, 'lambda', `function:${functionName}`)
  const roleArn = properties.text('Role')
  if (!context.iam.mayAssume(roleArn, 'lambda.amazonaws.com')) {
    throw new ResourceError(
      'role_not_assumable',
      `The role defined for the function cannot be assumed by Lambda: ${roleArn}`,
    )
  }
  const { accessKeyId, secretAccessKey, sessionToken } = context.iam.credentialsFor(roleArn, functionName)
  const logging = properties.object('LoggingConfig').LogGroup
  const logGroupName = typeof logging === 'string' ? logging : `/aws/lambda/${functionName}`
  const deadLetterArn = properties.object('DeadLetterConfig').TargetArn
  const definition = {
    functionName,
    functionArn,
    codePath: context.assetFolder(requireText(`${functionName}, Code`, 'S3Key', properties.object('Code').S3Key)),
    handler: properties.text('Handler'),
    environment: {
      ...variables(properties.object('Environment').Variables),
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
      AWS_ENDPOINT_URL: context.apiUrl,
    },
    timeoutSeconds: properties.number('Timeout') ?? 3,
    memoryMb: properties.number('MemorySize') ?? 128,
    reservedConcurrency: properties.number('ReservedConcurrentExecutions'),
    roleArn,
    deadLetterArn: typeof deadLetterArn === 'string' ? deadLetterArn : undefined,
    logGroupName,
  }
  if (previous?.ref === functionName) context.lambda.redefine(definition)
  else context.lambda.define(definition)
  context.functionRoles.set(functionName, roleArn)
  const durable = durableConfig(request, functionName)
  context.durable.configure(
    functionName,
    durable && { functionArn, roleArn, deadLetterArn: definition.deadLetterArn, ...durable },
  )
  const grants = [
    ...LOG_ACTIONS.map((action) => ({ action, resource: arn(context, 'logs', `log-group:${logGroupName}:*`) })),
    ...(typeof deadLetterArn === 'string' ? [{ action: 'sqs:SendMessage', resource: deadLetterArn }] : []),
    ...(durable ? DURABLE_ACTIONS : []).map((action) => ({
      action,
      resource: `${functionArn}:1/durable-execution/name/id`,
    })),
  ]
  return {
    ref: functionName,
    attributes: { Arn: functionArn },
    checks: grants.map(
      ({ action, resource }) =>
        () =>
          requireGrant(context, roleArn, functionName, action, resource),
    ),
    dispose() {
      context.functionRoles.delete(functionName)
      context.durable.configure(functionName, undefined)
      context.lambda.remove(functionName)
    },
  }
}

/** Undefined: the function is a plain one. */
function durableConfig(request: ResourceRequest, functionName: string) {
  const config = readProperties(request).object('DurableConfig')
  if (Object.keys(config).length === 0) return undefined
  const inRange = (name: string, value: unknown, { min, max }: { min: number; max: number }) => {
    const number = Number(value)
    if (Number.isInteger(number) && number >= min && number <= max) return number
    throw new TypeError(
      `${functionName}: expected DurableConfig.${name} from ${min} to ${max}, got ${JSON.stringify(value)}`,
    )
  }
  return {
    executionTimeoutSeconds: inRange('ExecutionTimeout', config.ExecutionTimeout, EXECUTION_TIMEOUT_SECONDS),
    retentionDays: inRange(
      'RetentionPeriodInDays',
      config.RetentionPeriodInDays ?? RETENTION_DAYS.default,
      RETENTION_DAYS,
    ),
  }
}

/** Throws AWS's denial when the role lacks a grant that the platform needs for the function. */
export function requireGrant(
  { iam }: Pick<ResourceContext, 'iam'>,
  roleArn: string,
  sessionName: string,
  action: string,
  resource: string,
): void {
  const caller = assumedRole(roleArn, sessionName)
  const { decision } = iam.authorize(caller, action, resource)
  if (decision === 'allowed') return
  throw new ResourceError(
    'grant_missing',
    `AccessDeniedException: User: ${caller.arn} is not authorized to perform: ${action} on resource: ${resource} ` +
      `because no identity-based policy allows the ${action} action`,
  )
}

function assumedRole(roleArn: string, sessionName: string): Caller {
  const roleName = roleArn.slice(roleArn.indexOf('/') + 1)
  const accountId = roleArn.split(':')[4]
  return { kind: 'role', roleArn, roleName, arn: `arn:aws:sts::${accountId}:assumed-role/${roleName}/${sessionName}` }
}

function variables(given: Parameters<typeof isObject>[0]): Record<string, string> {
  return isObject(given) ? Object.fromEntries(Object.entries(given).map(([name, value]) => [name, String(value)])) : {}
}
