import { DescribeDomainConfigurationCommand, IoTClient, TestInvokeAuthorizerCommand } from '@aws-sdk/client-iot'
import { deploymentNames } from '#contract/index.ts'
import { errorCode } from '../command-error.ts'
import { openTarget, type TargetOptions } from '../target.ts'

/** What the deployed authorizer says of a connect, or why it was not asked. */
export type Verdict = 'accepts' | 'refuses' | `not asked: ${string}`

/**
 * Asks the deployed authorizer, which knows more than can be looked at from here: its longest lifetime, which keys it takes. Nothing is connected.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_TestInvokeAuthorizer.html
 */
export async function askAuthorizer(token: string, clientId: string, options: TargetOptions): Promise<Verdict> {
  const { aws, stage } = openTarget(options)
  const names = deploymentNames(stage)
  const iot = new IoTClient(aws)
  try {
    const { domainName: serverName, authorizerConfig } = await iot.send(
      new DescribeDomainConfigurationCommand({ domainConfigurationName: names.domains.mqtt }),
    )
    const authorizerName = authorizerConfig?.defaultAuthorizerName ?? names.authorizer
    if (authorizerName === names.signingAuthorizer) return 'not asked: the gateway wants a signature first'
    const { isAuthenticated } = await iot.send(
      new TestInvokeAuthorizerCommand({
        authorizerName,
        mqttContext: { clientId, username: clientId, password: Buffer.from(token) },
        tlsContext: { serverName },
      }),
    )
    return isAuthenticated ? 'accepts' : 'refuses'
  } catch (error) {
    return `not asked: ${errorCode(error)}`
  }
}
