import { putOwned } from '../state/index.ts'
import { arn } from './context.ts'
import type { ResourceEmulator } from './emulator.ts'
import { readProperties } from './properties.ts'

/**
 * AWS::IoT::DomainConfiguration. Those without a domain name of their own all have the same host name here. Which of them are open, the
 * runtime says at start.
 */
export const iotDomainConfiguration: ResourceEmulator = {
  properties: {
    honoured: [
      'DomainConfigurationName',
      'DomainName',
      'AuthenticationType',
      'ApplicationProtocol',
      'AuthorizerConfig',
      'TlsConfig',
      'DomainConfigurationStatus',
    ],
    ignored: ['ServiceType', 'ServerCertificateArns', 'ServerCertificateConfig', 'ValidationCertificateArn', 'Tags'],
  },
  note: 'a listener for each kind of endpoint; all have one host name',
  create(request, context) {
    const properties = readProperties(request)
    const name = properties.optionalText('DomainConfigurationName') ?? request.physicalName()
    const { DefaultAuthorizerName, AllowAuthorizerOverride } = properties.object('AuthorizerConfig')
    const domainArn = arn(context, 'iot', `domainconfiguration/${name}/local`)
    const dispose = putOwned(context.iot.domains, name, {
      name,
      arn: domainArn,
      domainName: properties.optionalText('DomainName') ?? context.domainName,
      authenticationType: properties.optionalText('AuthenticationType') ?? 'DEFAULT',
      applicationProtocol: properties.optionalText('ApplicationProtocol') ?? 'DEFAULT',
      defaultAuthorizerName: String(DefaultAuthorizerName ?? ''),
      allowAuthorizerOverride: AllowAuthorizerOverride === true || AllowAuthorizerOverride === 'true',
      securityPolicy: String(properties.object('TlsConfig').SecurityPolicy ?? ''),
      isEnabled: properties.optionalText('DomainConfigurationStatus') !== 'DISABLED',
    })
    return { ref: name, attributes: { Arn: domainArn, DomainType: 'AWS_MANAGED' }, dispose }
  },
}
