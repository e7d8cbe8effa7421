/** A thing of the registry. */
export interface Thing {
  thingName: string
  thingTypeName?: string
  attributes: Record<string, string>
}

export interface Authorizer {
  name: string
  arn: string
  functionArn: string
  isActive: boolean
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iot-domainconfiguration.html */
export interface DomainConfiguration {
  name: string
  arn: string
  domainName: string
  authenticationType: string
  applicationProtocol: string
  defaultAuthorizerName: string
  allowAuthorizerOverride: boolean
  securityPolicy: string
  isEnabled: boolean
}

/** The runtime listens for MQTT over TLS with a token; other domain configurations have no listener. */
export function isOpenLocally({ applicationProtocol, authenticationType }: DomainConfiguration): boolean {
  return applicationProtocol === 'SECURE_MQTT' && authenticationType === 'CUSTOM_AUTH'
}

export interface NamedPolicy {
  name: string
  arn: string
  document: unknown
}

/** What the template and the control plane put into AWS IoT Core. Everything comes anew from the template at each start. */
export interface IotRegistry {
  readonly things: Map<string, Thing>
  readonly thingTypes: Set<string>
  readonly authorizers: Map<string, Authorizer>
  readonly domains: Map<string, DomainConfiguration>
  readonly policies: Map<string, NamedPolicy>
}

export function createIotRegistry(): IotRegistry {
  return {
    things: new Map(),
    thingTypes: new Set(),
    authorizers: new Map(),
    domains: new Map(),
    policies: new Map(),
  }
}
