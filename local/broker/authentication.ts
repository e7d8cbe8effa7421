import type { AuthorizeAction, BrokerOptions, ConnectRequest, Decision } from './options.ts'

/** A client that may stay connected, with its rights bound to it. */
export type Identity = {
  principalId: string
  disconnectAfterSeconds: number
  authorize(action: AuthorizeAction, name: string): Decision
}

export type Authenticate = (request: ConnectRequest) => Promise<Identity | { denied: string }>

/** Binds the injected checks together. A check that fails to run denies. */
export function createAuthentication<Authorization>(
  options: Pick<BrokerOptions<Authorization>, 'authenticate' | 'authorize'>,
): Authenticate {
  return async (request) => {
    try {
      const answer = await options.authenticate(request)
      if (!answer.ok) return { denied: answer.reason }
      const { principalId, session: authorization, disconnectAfterSeconds } = answer
      const client = { clientId: request.clientId, principalId }
      return {
        principalId,
        disconnectAfterSeconds,
        authorize(action, name) {
          try {
            return options.authorize({ action, name, client, authorization })
          } catch (error) {
            return { allowed: false, reason: `the authorization failed: ${messageOf(error)}` }
          }
        },
      }
    } catch (error) {
      return { denied: `the authentication failed: ${messageOf(error)}` }
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
