import type { AuthorizeAction, BrokerOptions, ConnectRequest, Decision } from './options.ts'

/** A client that may stay connected, with its rights bound to it. */
export type Identity = {
  principalId: string
  /** Of the principal, when there is one. */
  thingName?: string
  /** Absent: the authorization has no end. */
  disconnectAfterSeconds?: number
  /** Absent: the rights hold until the end. */
  refreshAfterSeconds?: number
  authorize(action: AuthorizeAction, name: string): Decision
  /** Asks again with what the client sent at CONNECT; the rights are replaced, or the answer says why not. */
  refresh(): Promise<string | undefined>
}

export type Authenticate = (request: ConnectRequest) => Promise<Identity | { denied: string }>

/** Binds the injected checks together. A check that fails to run denies. */
export function createAuthentication<Authorization>(
  options: Pick<BrokerOptions<Authorization>, 'authenticate' | 'authorize'>,
): Authenticate {
  async function ask(request: ConnectRequest) {
    try {
      return await options.authenticate(request)
    } catch (error) {
      return { ok: false as const, reason: `the authentication failed: ${messageOf(error)}` }
    }
  }

  return async (request) => {
    const answer = await ask(request)
    if (!answer.ok) return { denied: answer.reason }
    const { ok: _, session, ...granted } = answer
    let authorization = session
    const client = { clientId: request.clientId, principalId: granted.principalId }
    return {
      ...granted,
      authorize(action, name) {
        try {
          return options.authorize({ action, name, client, authorization })
        } catch (error) {
          return { allowed: false, reason: `the authorization failed: ${messageOf(error)}` }
        }
      },
      async refresh() {
        const fresh = await ask(request)
        if (!fresh.ok) return fresh.reason
        if (fresh.principalId !== client.principalId) return `the principal became ${fresh.principalId}`
        authorization = fresh.session
        return undefined
      },
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
