import type { CfnResponses } from '../aws-api/index.ts'
import type { CloudWatch } from '../cloudwatch/index.ts'
import type { DurableExecutions } from '../durable/index.ts'
import type { DynamoDb } from '../dynamodb/index.ts'
import type { EventSources } from '../event-sources/index.ts'
import type { EventBridge } from '../events/index.ts'
import type { HttpApis } from '../http-api/index.ts'
import type { Iam } from '../iam/index.ts'
import type { IotRegistry, RulesEngine, RuntimeLog } from '../iot/index.ts'
import type { FunctionVersions, LambdaService } from '../lambda/index.ts'
import type { Secrets } from '../secrets/index.ts'
import type { SqsService } from '../sqs/index.ts'
import type { StepFunctions } from '../step-functions/index.ts'
import type { CustomResourceLedger } from './custom-resource-ledger.ts'

/** What emulators create their resources in. */
export interface ResourceContext {
  region: string
  accountId: string
  stackId: string
  /** `AWS_ENDPOINT_URL` of the functions. */
  apiUrl: string
  /** The host name of every domain configuration. */
  domainName: string
  /** The folder of a function's code. */
  assetFolder(key: string): string
  iam: Iam
  lambda: LambdaService
  versions: FunctionVersions
  durable: DurableExecutions
  events: EventBridge
  states: StepFunctions
  /** Role ARN by function name. */
  functionRoles: Map<string, string>
  dynamoDb: DynamoDb
  cloudWatch: Pick<CloudWatch, 'define'>
  secrets: Secrets
  sqs: SqsService
  eventSources: EventSources
  iot: IotRegistry
  rules: RulesEngine
  httpApis: HttpApis
  /** Where HTTP APIs are; each has its id as first level. */
  httpApiUrl: string
  cfnResponses: CfnResponses
  customResources: CustomResourceLedger
  /** Something to do once the whole stack is there and holds; a stack that is refused does none of it. */
  afterStart(action: () => void): void
  log: RuntimeLog
}

/** The ARN of a function that is named by its name or its ARN. */
export function functionArn(context: ResourceContext, nameOrArn: string): string {
  return nameOrArn.startsWith('arn:') ? nameOrArn : arn(context, 'lambda', `function:${nameOrArn}`)
}

/** An ARN of this account. */
export function arn(context: ResourceContext, service: string, resource: string): string {
  return `arn:aws:${service}:${context.region}:${context.accountId}:${resource}`
}
