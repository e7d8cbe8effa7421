import {
  ApiError,
  type ApiRequest,
  type ApiResponse,
  type RequiredAction,
  type ServiceHandler,
} from '../aws-api/index.ts'
import type { DomainConfiguration, IotRegistry, Thing } from './registry.ts'

/** One operation of the control plane: how a request is recognised, what it needs, what it does. */
interface Operation {
  method: string
  path: RegExp
  action: string
  resource(name: string, arnPrefix: string, registry: IotRegistry): string
  run(name: string, request: ApiRequest, registry: IotRegistry): unknown
}

const OPERATIONS: readonly Operation[] = [
  {
    method: 'GET',
    path: /^\/domainConfigurations\/([^/]+)$/,
    action: 'iot:DescribeDomainConfiguration',
    // the service adds a few characters to the name, so the ARN is what the resource says it is
    resource: (name, prefix, { domains }) => domains.get(name)?.arn ?? `${prefix}:domainconfiguration/${name}`,
    run: (name, _, { domains }) => describeDomain(found(domains.get(name), 'domain configuration', name)),
  },
  {
    method: 'GET',
    path: /^\/things\/([^/]+)$/,
    action: 'iot:DescribeThing',
    resource: (name, prefix) => `${prefix}:thing/${name}`,
    run: (name, _, { things }) => found(things.get(name), 'thing', name),
  },
  {
    method: 'PATCH',
    path: /^\/things\/([^/]+)$/,
    action: 'iot:UpdateThing',
    resource: (name, prefix) => `${prefix}:thing/${name}`,
    run: (name, request, registry) => updateThing(found(registry.things.get(name), 'thing', name), request, registry),
  },
  {
    method: 'GET',
    path: /^\/things$/,
    action: 'iot:ListThings',
    resource: () => '*',
    run: (_, __, { things }) => ({ things: [...things.values()] }),
  },
]

/** The control plane's part that this project uses, signed for `iot`. Other operations are refused by name. */
export function iotControlService(options: { registry: IotRegistry; arnPrefix: string }): ServiceHandler {
  return {
    protocol: 'rest-json',
    accessDeniedCode: 'UnauthorizedException',
    actionsFor(request): RequiredAction[] {
      const { operation, name } = operationOf(request)
      return [{ action: operation.action, resource: operation.resource(name, options.arnPrefix, options.registry) }]
    },
    async handle(request): Promise<ApiResponse> {
      const { operation, name } = operationOf(request)
      const body = JSON.stringify(operation.run(name, request, options.registry) ?? {})
      return { status: 200, headers: { 'content-type': 'application/json' }, body }
    },
  }
}

function operationOf(request: ApiRequest): { operation: Operation; name: string } {
  for (const operation of OPERATIONS) {
    const match = operation.method === request.method ? operation.path.exec(request.path) : null
    if (match) return { operation, name: decodeURIComponent(match[1] ?? '') }
  }
  const text = `the local runtime has no control-plane operation ${request.method} ${request.path}`
  throw new ApiError('UnknownOperationException', 404, text)
}

function found<Value>(value: Value | undefined, kind: string, name: string): Value {
  if (value === undefined) throw new ApiError('ResourceNotFoundException', 404, `no ${kind} is named ${name}`)
  return value
}

function describeDomain(domain: DomainConfiguration) {
  return {
    domainConfigurationName: domain.name,
    domainConfigurationArn: domain.arn,
    domainName: domain.domainName,
    serviceType: 'DATA',
    domainConfigurationStatus: domain.isEnabled ? 'ENABLED' : 'DISABLED',
    domainType: 'AWS_MANAGED',
    authenticationType: domain.authenticationType,
    applicationProtocol: domain.applicationProtocol,
    authorizerConfig: {
      defaultAuthorizerName: domain.defaultAuthorizerName,
      allowAuthorizerOverride: domain.allowAuthorizerOverride,
    },
    tlsConfig: { securityPolicy: domain.securityPolicy },
  }
}

/** https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateThing.html */
function updateThing(thing: Thing, request: ApiRequest, { thingTypes }: IotRegistry): void {
  const { thingTypeName, attributePayload, ...others } = request.json() as {
    thingTypeName?: string
    attributePayload?: { attributes?: Record<string, string>; merge?: boolean }
  }
  const [other] = Object.keys(others)
  if (other !== undefined) {
    throw new ApiError('InvalidRequestException', 400, `the local runtime does not know ${other} of UpdateThing`)
  }
  if (thingTypeName !== undefined) {
    found(thingTypes.has(thingTypeName) || undefined, 'thing type', thingTypeName)
    thing.thingTypeName = thingTypeName
  }
  if (attributePayload?.attributes) {
    const { attributes, merge } = attributePayload
    const all = Object.entries({ ...(merge ? thing.attributes : {}), ...attributes })
    // an empty value takes an attribute away
    thing.attributes = Object.fromEntries(all.filter(([, value]) => value !== ''))
  }
}
