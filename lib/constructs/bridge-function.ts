import { ArnFormat, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib'
import * as iam from 'aws-cdk-lib/aws-iam'
import * as lambda from 'aws-cdk-lib/aws-lambda'
import * as logs from 'aws-cdk-lib/aws-logs'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { WORKFLOW_LIMITS } from '#contract/index.ts'

export interface BridgeFunctionProps {
  functionName: string
  /** Folder with the bundle. */
  bundleFolder: string
  description: string
  environment: Readonly<Record<string, string>>
  timeoutSeconds: number
  /** @default 256 */
  memoryMb?: number
  /** Concurrency kept for this function alone. @default none */
  reservedConcurrency?: number | undefined
  /** Takes events that could not be handled. @default none: the function is not invoked asynchronously */
  deadLetterQueue?: IQueue
  /** Makes it a durable function: how long an execution may take in all. @default none */
  executionTimeoutSeconds?: number
  isProduction: boolean
  /** X-Ray's segments of every invocation. @default false */
  isTraced?: boolean
}

/**
 * One function with a role and a log group of its own. The role may write that log group, send to the dead-letter queue, and nothing
 * else: what the code calls is granted by {@link BridgeFunction.allow}.
 */
export class BridgeFunction extends Construct {
  readonly function: lambda.Function
  readonly functionName: string
  readonly role: iam.Role

  constructor(scope: Construct, id: string, props: BridgeFunctionProps) {
    super(scope, id)
    this.functionName = props.functionName
    const logGroup = new logs.LogGroup(this, 'Logs', {
      retention: props.isProduction ? logs.RetentionDays.THREE_MONTHS : logs.RetentionDays.TWO_WEEKS,
      removalPolicy: props.isProduction ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    })
    this.role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') })
    logGroup.grantWrite(this.role)
    this.function = new lambda.Function(this, 'Function', {
      functionName: props.functionName,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      handler: 'index.handler',
      code: lambda.Code.fromAsset(props.bundleFolder),
      description: props.description,
      role: this.role,
      logGroup,
      environment: { ...props.environment },
      timeout: Duration.seconds(props.timeoutSeconds),
      memorySize: props.memoryMb ?? 256,
      ...(props.isTraced && { tracing: lambda.Tracing.ACTIVE }),
      ...(props.reservedConcurrency && { reservedConcurrentExecutions: props.reservedConcurrency }),
      ...(props.deadLetterQueue && { deadLetterQueue: props.deadLetterQueue }),
      ...(props.executionTimeoutSeconds !== undefined && {
        durableConfig: {
          executionTimeout: Duration.seconds(props.executionTimeoutSeconds),
          retentionPeriod: Duration.days(WORKFLOW_LIMITS.historyKeptDays),
        },
        // executions run on with the version that they were started on
        currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
      }),
    })
    // Lambda's own segments, without a library: what Powertools' tracer or OpenTelemetry add to each bundle, the log lines tell
    if (props.isTraced) {
      const reason = 'X-Ray knows no resources'
      Validations.of(this.role).acknowledge({ id: 'AwsSolutions-IAM5[Resource::*]', reason })
    }
  }

  /** Grants one action on one resource. */
  allow(action: `${string}:${string}`, ...resourceArns: string[]): void {
    this.role.addToPolicy(new iam.PolicyStatement({ actions: [action], resources: resourceArns }))
  }

  /** Grants one action on one resource under a condition. */
  allowWhen(action: `${string}:${string}`, conditions: Record<string, unknown>, ...resourceArns: string[]): void {
    this.role.addToPolicy(new iam.PolicyStatement({ actions: [action], resources: resourceArns, conditions }))
  }

  /** Lets an AWS service invoke the function on behalf of one resource of this account. */
  allowInvokeBy(id: string, servicePrincipal: string, sourceArn: string): lambda.CfnPermission {
    return new lambda.CfnPermission(this, id, {
      action: 'lambda:InvokeFunction',
      functionName: this.function.functionArn,
      principal: servicePrincipal,
      sourceArn,
      sourceAccount: Stack.of(this).account,
    })
  }
}

/** The ARN of an IoT resource of this account. */
export function iotArn(scope: Construct, resource: string, resourceName: string): string {
  return Stack.of(scope).formatArn({ service: 'iot', resource, resourceName, arnFormat: ArnFormat.SLASH_RESOURCE_NAME })
}

/** Says once why a role needs a resource with a wildcard; `arnTail` is the ARN from its service on, as cdk-nag prints it. */
export function acceptWildcard(scope: Construct, arnTail: string, reason: string): void {
  Validations.of(scope).acknowledge({ id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:${arnTail}]`, reason })
}
