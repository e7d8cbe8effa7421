import { existsSync } from 'node:fs'
import { TestInvokeAuthorizerCommand } from '@aws-sdk/client-iot'
import { gatewaySignature } from '../../gateway-signature.ts'
import { callApi } from '../call-api.ts'
import type { Examination } from '../examination.ts'
import { Problem } from '../problems.ts'
import { type Check, needed } from '../run-checks.ts'

/**
 * The authorizer's answer to a CONNECT with this token. Nothing is connected: that would end the connection of the device, which may be at
 * work. https://docs.aws.amazon.com/iot/latest/apireference/API_TestInvokeAuthorizer.html
 */
export const authorizerCheck: Check = {
  name: 'authorizer',
  async run(examination) {
    const token = needed(examination.found.token, 'token')
    const [domain, endpoints] = await Promise.all([examination.domain(), examination.endpoints()])
    const authorizerName = domain.authorizerConfig?.defaultAuthorizerName
    const host = endpoints.find(({ kind }) => kind === 'mqtt')?.host
    const { clientId } = examination.options
    const log = logOf(examination)
    const invoke = () =>
      examination.clients().iot.send(
        new TestInvokeAuthorizerCommand({
          authorizerName,
          mqttContext: { clientId, username: clientId, password: Buffer.from(token) },
          tlsContext: { serverName: host },
          ...(authorizerName === examination.names().signingAuthorizer && signed(examination, token)),
        }),
      )
    const answer = await callApi('iot:TestInvokeAuthorizer', invoke, ['InvalidResponseException']).catch(
      (error: unknown) => {
        if (error instanceof Problem) throw error
        const reason = error instanceof Error ? error.message : 'unknown'
        throw new Problem('authorizer_failed', `${authorizerName} gave no valid answer: ${reason}`, { log })
      },
    )
    if (answer.isAuthenticated !== true) {
      throw new Problem('authorizer_refused', `${authorizerName} refuses "${clientId}"`, { log })
    }
    examination.found.answer = answer
    return `${authorizerName} lets ${clientId} in for ${answer.disconnectAfterInSeconds} s`
  },
}

function signed({ options }: Examination, token: string): { token: string; tokenSignature: string } {
  if (!existsSync(options.signingKey)) {
    throw new Problem('signing_key_missing', `the gateway checks signatures, and there is no ${options.signingKey}`)
  }
  return { token, tokenSignature: gatewaySignature(token, options.signingKey) }
}

/** Where the reason of a refusal stands: a client is not told. */
function logOf(examination: Examination): string {
  const isLocal = examination.target().aws.endpoint !== undefined
  return isLocal ? 'the terminal of "npm start"' : `/aws/lambda/${examination.names().stackName}-authorizer`
}
