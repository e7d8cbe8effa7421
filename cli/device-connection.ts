import { type Contract, type ContractTopics, ERRORS, isErrorCode } from '#contract/index.ts'
import { type Bridge, connect, type DeviceError, isDeviceError } from '#device/index.ts'
import { CommandError } from './command-error.ts'
import { ALL_PERMISSIONS, issueToken } from './issue-token.ts'
import { openTarget, type Target, type TargetOptions } from './target.ts'

/** How long a connect may take. */
const CONNECT_TIMEOUT_MS = 10_000

export interface ConnectionOptions extends TargetOptions {
  clientId: string
  permissions?: string[]
}

/** The client of one command. */
export interface DeviceConnection<C extends Contract> extends AsyncDisposable {
  readonly bridge: Bridge<C>
  /** Rejects with connection_lost when the connection has ended for good. */
  readonly lost: Promise<never>
}

/** Connects with a token of its own, which is renewed. Rejects with connect_failed and what the broker or the network said. */
export async function connectDevice<Topics extends ContractTopics>(
  contract: Contract<Topics>,
  target: Pick<Target, 'mqtt' | 'issuerKey'>,
  options: ConnectionOptions,
  identity: { organizationId?: string; deviceId?: string } = {},
): Promise<DeviceConnection<Contract<Topics>>> {
  const { clientId, permissions = ALL_PERMISSIONS } = options
  const { url, ca, alpn } = await target.mqtt()
  const bridge = await connect(contract, {
    url,
    clientId,
    ca,
    alpn: alpn === undefined ? undefined : [alpn],
    // read each time: it may have been rotated, and a local runtime that was started anew has another address
    token: async () => {
      const key = await target.issuerKey().catch(() => openTarget(options).issuerKey())
      return issueToken(key, { clientId, permissions })
    },
    ...identity,
    session: 'clean',
    startOffline: true,
    timeouts: { connectMs: CONNECT_TIMEOUT_MS },
    reconnect: { breakerFailures: Number.POSITIVE_INFINITY },
  })
  try {
    await firstAttempt(bridge)
  } catch (error) {
    await bridge.close({ wait: false })
    throw connectFailed(url, clientId, error)
  }
  return { bridge, lost: whenLost(bridge), [Symbol.asyncDispose]: () => bridge.close() }
}

/** A person waits: the first failure is told, not mended. */
function firstAttempt(bridge: Pick<Bridge, 'onEvent' | 'onState'>): Promise<void> {
  return new Promise((resolve, reject) => {
    bridge.onEvent('attemptFailed', ({ error }) => reject(error))
    bridge.onState((state) => {
      if (state.status === 'connected') resolve()
      if (state.status === 'error') reject(state.reason)
    })
  })
}

function connectFailed(url: string, clientId: string, error: unknown): CommandError {
  const message = error instanceof Error ? error.message : String(error)
  const isRefused = isDeviceError(error) && error.code === 'connection_refused'
  const hint = isRefused
    ? `; the log of the authorizer (locally: the terminal of "npm start") has the reason for client "${clientId}"`
    : ''
  return new CommandError('failed', 'connect_failed', `connecting to ${url}: ${message}${hint}`, { cause: error })
}

function whenLost(bridge: Pick<Bridge, 'clientId' | 'onState'>): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  // nobody may be waiting when it happens
  promise.catch(() => {})
  bridge.onState((state) => {
    if (state.status !== 'error') return
    const message = `the connection of "${bridge.clientId}" has ended for good: ${state.reason.message}`
    reject(new CommandError('failed', 'connection_lost', message, { cause: state.reason }))
  })
  return promise
}

/** What failed, in the words of a command. An error of the contract that a caller can mend comes from a word of the call. */
export function commandErrorOf(error: unknown): unknown {
  if (!isDeviceError(error)) return error
  const { code, message } = error
  if (isErrorCode(code)) {
    const kind = ERRORS[code].fault === 'user' ? 'usage' : 'failed'
    return new CommandError(kind, code, message, { cause: error })
  }
  if (code === 'publish_refused') return denied('publish_denied', error)
  if (code === 'subscribe_refused') return denied('subscribe_denied', error)
  if (code === 'permission_denied' || code === 'forbidden') {
    const isSubscribe = String(error.details.action).startsWith('subscribe')
    return isSubscribe ? denied('subscribe_denied', error) : denied('publish_denied', error)
  }
  return new CommandError('failed', code, message, { cause: error })
}

function denied(code: 'publish_denied' | 'subscribe_denied', cause: DeviceError): CommandError {
  return new CommandError('failed', code, `${cause.message}; "npx bridge explain" tells why`, { cause })
}
