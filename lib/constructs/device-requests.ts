import { ArnFormat, Stack, Validations } from 'aws-cdk-lib'
import { Construct } from 'constructs'
import { bridgeError, deploymentNames } from '#contract/index.ts'
import { DEVICE_ROUTES } from '#functions/http/env.ts'
import type { BridgeSettings } from '../settings.ts'
import { acceptWildcard, type BridgeFunction } from './bridge-function.ts'
import { HttpApi, type HttpRoute } from './http-api.ts'
import type { Tables } from './tables.ts'

/** A caller that waits holds a function for up to half a minute: so many at once stay below what a new account has. */
const THROTTLE = { ask: { rateLimit: 50, burstLimit: 100 }, look: { rateLimit: 200, burstLimit: 400 } }

/** What engines are told: of an outcome, and by who takes the answers of devices that one is at it. */
const OUTCOMES = ['Success', 'Failure']
const PROGRESS = ['Heartbeat']

export interface DeviceRequestsProps {
  settings: BridgeSettings
  tables: Tables
  publisher: BridgeFunction
  requester: BridgeFunction
  http: BridgeFunction
  answers: BridgeFunction
}

/** What the cloud asks devices with: what its functions may do, and the HTTP API before one of them. */
export class DeviceRequests extends Construct {
  /** By the name of their output. */
  readonly urls: Readonly<Record<string, string>>

  constructor(scope: Construct, id: string, props: DeviceRequestsProps) {
    super(scope, id)
    const { settings, tables, publisher, requester, http, answers } = props
    for (const one of [requester, http, answers]) one.allow('dynamodb:UpdateItem', tables.correlations.tableArn)
    for (const one of [http, answers]) one.allow('dynamodb:GetItem', tables.correlations.tableArn)
    for (const one of [requester, http]) {
      one.allow('dynamodb:GetItem', tables.devices.tableArn)
      one.allow('lambda:InvokeFunction', publisher.function.functionArn)
    }
    this.#allowTelling(requester, settings.stage, OUTCOMES)
    this.#allowTelling(answers, settings.stage, [...OUTCOMES, ...PROGRESS])
    const iam = this.#api('Http', http, { ...settings, suffix: 'requests', authorization: 'AWS_IAM' })
    const jwt = jwtOf(settings)
    this.urls = {
      RequestsUrl: iam.url,
      ...(jwt && {
        RequestsJwtUrl: this.#api('HttpJwt', http, { ...settings, suffix: 'requests-jwt', authorization: { jwt } }).url,
      }),
    }
  }

  /**
   * Callbacks and tokens name no workflow, so every durable function of this stage may be told; the role cannot start or read any. What is done
   * by a task token knows no resource at all: the token itself is the right. https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html
   */
  #allowTelling(fn: BridgeFunction, stage: string, words: readonly string[]): void {
    const resourceName = `${deploymentNames(stage).stackName}-*`
    const arnFormat = ArnFormat.COLON_RESOURCE_NAME
    const functions = Stack.of(this).formatArn({ service: 'lambda', resource: 'function', resourceName, arnFormat })
    for (const word of words) {
      fn.allow(`lambda:SendDurableExecutionCallback${word}`, functions)
      fn.allow(`states:SendTask${word}`, '*')
    }
    const reason = 'Which workflow of the stage waits is known by its callback id or task token alone.'
    acceptWildcard(fn.role, `lambda:<AWS::Region>:<AWS::AccountId>:function:${resourceName}`, reason)
    Validations.of(fn.role).acknowledge({ id: 'AwsSolutions-IAM5[Resource::*]', reason })
  }

  #api(
    id: string,
    http: BridgeFunction,
    options: {
      stage: string
      isProduction: boolean
      suffix: string
      authorization: HttpRoute['authorization']
    },
  ): HttpApi {
    const { authorization, isProduction } = options
    return new HttpApi(this, id, {
      name: `${deploymentNames(options.stage).stackName}-${options.suffix}`,
      description: 'Asks devices',
      isProduction,
      routes: [
        { routeKey: DEVICE_ROUTES.ask, function: http, authorization, throttle: THROTTLE.ask },
        { routeKey: DEVICE_ROUTES.look, function: http, authorization, throttle: THROTTLE.look },
      ],
    })
  }
}

function jwtOf({ requestsJwtIssuer: issuer, requestsJwtAudience }: BridgeSettings) {
  const audience = requestsJwtAudience.split(',').filter(Boolean)
  if (issuer === '' && audience.length === 0) return undefined
  if (issuer !== '' && audience.length > 0) return { issuer, audience }
  throw bridgeError('configuration_invalid', {
    problem: 'requestsJwtIssuer and requestsJwtAudience: expected both or none',
  })
}
