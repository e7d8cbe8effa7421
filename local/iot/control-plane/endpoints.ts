import type { DomainConfiguration } from '../registry.ts'
import { type Call, found, type Operation, parameter } from './operation.ts'

export const ENDPOINT_OPERATIONS: readonly Operation[] = [
  {
    method: 'GET',
    path: '/domainConfigurations/{domain}',
    action: 'iot:DescribeDomainConfiguration',
    // the service adds a few characters to the name, so the ARN is what the resource says it is
    resources(call) {
      const name = parameter(call, 'domain')
      return [call.registry.domains.get(name)?.arn ?? `domainconfiguration/${name}`]
    },
    run: describeDomain,
  },
]

function describeDomain(call: Call) {
  const name = parameter(call, 'domain')
  const domain: DomainConfiguration = found(call.registry.domains.get(name), 'domain configuration', name)
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
