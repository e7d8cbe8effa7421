import type { Emulator } from '../template/index.ts'
import { arn, type ResourceContext } from './context.ts'
import { readProperties } from './properties.ts'

/** AWS::IoT::DomainConfiguration; every one has the same host name here. Which of them are open, the runtime says at start. */
export const iotDomainConfiguration: Emulator<ResourceContext> = {
  create(request, context) {
    const properties = readProperties(request)
    const name = properties.optionalText('DomainConfigurationName') ?? request.physicalName()
    const { DefaultAuthorizerName, AllowAuthorizerOverride } = properties.object('AuthorizerConfig')
    const domainArn = arn(context, 'iot', `domainconfiguration/${name}/local`)
    context.iot.domains.set(name, {
      name,
      arn: domainArn,
      domainName: context.domainName,
      authenticationType: properties.optionalText('AuthenticationType') ?? 'DEFAULT',
      applicationProtocol: properties.optionalText('ApplicationProtocol') ?? 'DEFAULT',
      defaultAuthorizerName: String(DefaultAuthorizerName ?? ''),
      allowAuthorizerOverride: AllowAuthorizerOverride === true || AllowAuthorizerOverride === 'true',
      securityPolicy: String(properties.object('TlsConfig').SecurityPolicy ?? ''),
      isEnabled: properties.optionalText('DomainConfigurationStatus') !== 'DISABLED',
    })
    return { ref: name, attributes: { Arn: domainArn, DomainType: 'AWS_MANAGED' } }
  },
}
