import { RemovalPolicy } from 'aws-cdk-lib'
import * as iot from 'aws-cdk-lib/aws-iot'
import { Construct } from 'constructs'
import { deploymentNames, TOKEN_KEY_NAME } from '#contract/index.ts'
import type { BridgeSettings } from '../settings.ts'
import { type BridgeFunction, iotArn } from './bridge-function.ts'

/** TLS 1.3 and nothing below. https://docs.aws.amazon.com/iot/latest/developerguide/iot-endpoints-tls-config.html */
const SECURITY_POLICY = 'IoTSecurityPolicy_TLS13_1_3_2022_10'

/** A certificate alone opens the door, and no authorizer is asked. */
const WITHOUT_TOKEN = 'AWS_X509'

type Endpoint = { id: string; name: string; authenticationType: string; applicationProtocol: string }

/**
 * The custom authorizer and the endpoints that use it: MQTT over TLS, MQTT over WebSocket, and on request MQTT with a client certificate
 * beside the token, publishing by HTTPS, and MQTT with a certificate alone. None lets a device name another authorizer. With keys for signed tokens the service invokes the
 * function only for tokens that one of them verifies.
 */
export class DeviceEndpoints extends Construct {
  readonly authorizerName: string
  readonly domainConfigurations: iot.CfnDomainConfiguration[]
  /** Position of the endpoint that the roles' policies for certificates are bound to: the one for certificates alone, or else the first. */
  readonly roleEndpoint: number

  constructor(
    scope: Construct,
    id: string,
    props: { authorizer: BridgeFunction } & Pick<
      BridgeSettings,
      'stage' | 'mutualTls' | 'httpsPublish' | 'certificateOnly' | 'tokenSigningKeys'
    >,
  ) {
    super(scope, id)
    const names = deploymentNames(props.stage)
    const { tokenSigningKeys } = props
    this.authorizerName = tokenSigningKeys ? names.signingAuthorizer : names.authorizer
    const authorizer = new iot.CfnAuthorizer(this, 'Authorizer', {
      authorizerName: this.authorizerName,
      authorizerFunctionArn: props.authorizer.function.functionArn,
      status: 'ACTIVE',
      ...(tokenSigningKeys
        ? { signingDisabled: false, tokenKeyName: TOKEN_KEY_NAME, tokenSigningPublicKeys: tokenSigningKeys }
        : { signingDisabled: true }),
    })
    props.authorizer.allowInvokeBy(
      'InvokedByAuthorizer',
      'iot.amazonaws.com',
      iotArn(this, 'authorizer', this.authorizerName),
    )

    const token = 'CUSTOM_AUTH'
    const both = 'CUSTOM_AUTH_X509'
    const { mqtt, wss, mutualTls, https, certificates } = names.domains
    const endpoints: Endpoint[] = [
      { id: 'Mqtt', name: mqtt, authenticationType: token, applicationProtocol: 'SECURE_MQTT' },
      { id: 'Wss', name: wss, authenticationType: token, applicationProtocol: 'MQTT_WSS' },
    ]
    if (props.mutualTls) {
      endpoints.push({ id: 'MutualTls', name: mutualTls, authenticationType: both, applicationProtocol: 'SECURE_MQTT' })
    }
    if (props.httpsPublish) {
      endpoints.push({ id: 'Https', name: https, authenticationType: token, applicationProtocol: 'HTTPS' })
    }
    if (props.certificateOnly) {
      endpoints.push({
        id: 'Certificates',
        name: certificates,
        authenticationType: WITHOUT_TOKEN,
        applicationProtocol: 'SECURE_MQTT',
      })
    }
    this.roleEndpoint = Math.max(
      0,
      endpoints.findIndex(({ authenticationType }) => authenticationType === WITHOUT_TOKEN),
    )
    this.domainConfigurations = endpoints.map((endpoint) => {
      const configuration = new iot.CfnDomainConfiguration(this, endpoint.id, {
        domainConfigurationName: endpoint.name,
        domainConfigurationStatus: 'ENABLED',
        serviceType: 'DATA',
        authenticationType: endpoint.authenticationType,
        applicationProtocol: endpoint.applicationProtocol,
        ...(endpoint.authenticationType !== WITHOUT_TOKEN && {
          authorizerConfig: { defaultAuthorizerName: this.authorizerName, allowAuthorizerOverride: false },
        }),
        tlsConfig: { securityPolicy: SECURITY_POLICY },
      })
      configuration.addResourceDependency(authorizer)
      // AWS deletes a host name of its own only after seven days of being disabled; a stack cannot wait for that
      configuration.applyRemovalPolicy(RemovalPolicy.RETAIN)
      return configuration
    })
  }
}
