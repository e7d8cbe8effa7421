import { RemovalPolicy } from 'aws-cdk-lib'
import * as iot from 'aws-cdk-lib/aws-iot'
import { Construct } from 'constructs'
import { deploymentNames } from '#contract/index.ts'
import { type BridgeFunction, iotArn } from './bridge-function.ts'

/** TLS 1.3 and nothing below. https://docs.aws.amazon.com/iot/latest/developerguide/iot-endpoints-tls-config.html */
const SECURITY_POLICY = 'IoTSecurityPolicy_TLS13_1_3_2022_10'

/**
 * The custom authorizer and the endpoints that use it: MQTT over TLS, MQTT over WebSocket, and on request MQTT with a client certificate
 * beside the token. None lets a device name another authorizer.
 */
export class DeviceEndpoints extends Construct {
  readonly authorizerName: string
  readonly domainConfigurations: iot.CfnDomainConfiguration[]

  constructor(scope: Construct, id: string, props: { stage: string; authorizer: BridgeFunction; mutualTls: boolean }) {
    super(scope, id)
    const names = deploymentNames(props.stage)
    this.authorizerName = names.authorizer
    const authorizer = new iot.CfnAuthorizer(this, 'Authorizer', {
      authorizerName: names.authorizer,
      authorizerFunctionArn: props.authorizer.function.functionArn,
      signingDisabled: true,
      status: 'ACTIVE',
    })
    props.authorizer.allowInvokeBy(
      'InvokedByAuthorizer',
      'iot.amazonaws.com',
      iotArn(this, 'authorizer', names.authorizer),
    )

    const endpoints = [
      { id: 'Mqtt', name: names.domains.mqtt, authenticationType: 'CUSTOM_AUTH', applicationProtocol: 'SECURE_MQTT' },
      { id: 'Wss', name: names.domains.wss, authenticationType: 'CUSTOM_AUTH', applicationProtocol: 'MQTT_WSS' },
      ...(props.mutualTls
        ? [
            {
              id: 'MutualTls',
              name: names.domains.mutualTls,
              authenticationType: 'CUSTOM_AUTH_X509',
              applicationProtocol: 'SECURE_MQTT',
            },
          ]
        : []),
    ]
    this.domainConfigurations = endpoints.map((endpoint) => {
      const configuration = new iot.CfnDomainConfiguration(this, endpoint.id, {
        domainConfigurationName: endpoint.name,
        domainConfigurationStatus: 'ENABLED',
        serviceType: 'DATA',
        authenticationType: endpoint.authenticationType,
        applicationProtocol: endpoint.applicationProtocol,
        authorizerConfig: { defaultAuthorizerName: names.authorizer, allowAuthorizerOverride: false },
        tlsConfig: { securityPolicy: SECURITY_POLICY },
      })
      configuration.addResourceDependency(authorizer)
      // AWS deletes a host name of its own only after seven days of being disabled; a stack cannot wait for that
      configuration.applyRemovalPolicy(RemovalPolicy.RETAIN)
      return configuration
    })
  }
}
