import { Construct } from 'constructs'
import { deploymentNames } from '#contract/index.ts'
import { TOKEN_ROUTES } from '#functions/tokens/env.ts'
import type { BridgeFunction } from './bridge-function.ts'
import { HttpApi } from './http-api.ts'

/**
 * A device needs a token every few minutes; a fleet that starts together has the burst. An HTTP API counts for all callers of a route
 * together: strangers can use the limit of the open one up, and then devices with a client key wait. Put a web application firewall before it
 * where that matters.
 */
const THROTTLE = { rateLimit: 20, burstLimit: 50 }

/** Tokens over HTTP, for devices that hold no key and for back ends that register them. */
export class TokenService extends Construct {
  readonly url: string

  constructor(scope: Construct, id: string, props: { stage: string; isProduction: boolean; tokens: BridgeFunction }) {
    super(scope, id)
    const { stage, isProduction, tokens } = props
    const api = new HttpApi(this, 'Http', {
      name: `${deploymentNames(stage).stackName}-tokens`,
      description: 'Issues tokens for devices',
      isProduction,
      routes: [
        { routeKey: TOKEN_ROUTES.signed, function: tokens, authorization: 'AWS_IAM', throttle: THROTTLE },
        {
          routeKey: TOKEN_ROUTES.clientKey,
          function: tokens,
          authorization: {
            checkedByFunction:
              'Devices have no credentials of AWS: the function holds the client key of the request against the device record.',
          },
          throttle: THROTTLE,
        },
      ],
    })
    this.url = api.url
  }
}
