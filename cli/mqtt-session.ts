import { connectAsync, ErrorWithSubackPacket, type IPublishPacket, type MqttClient } from 'mqtt'
import { CommandError } from './command-error.ts'
import { ALL_PERMISSIONS, issueToken } from './issue-token.ts'
import type { Target } from './target.ts'

/** How long a connect may take. */
const CONNECT_TIMEOUT_MS = 10_000

export interface ClientOptions {
  clientId: string
  permissions?: string[]
  /** A token to use instead of a fresh one. */
  token?: string
}

/** One MQTT 5 connection for one command. */
export interface MqttSession extends AsyncDisposable {
  /** Throws subscribe_denied with the broker's reason code. */
  subscribe(filter: string, onMessage: (topic: string, payload: Buffer, packet: IPublishPacket) => void): Promise<void>
  /** QoS 1: resolves when the broker has taken the message. Throws publish_denied with the broker's reason code. */
  publish(topic: string, payload: string, qos: 0 | 1): Promise<void>
  /** Rejects with connection_lost when the connection ends before it is disposed of. */
  readonly lost: Promise<never>
}

/** Connects with a token of its own. Throws connect_failed with what the broker or the network said. */
export async function openSession(target: Target, options: ClientOptions): Promise<MqttSession> {
  const { url, ca, alpn } = await target.mqtt()
  const permissions = options.permissions ?? ALL_PERMISSIONS
  const password = options.token ?? issueToken(await target.issuerKey(), { clientId: options.clientId, permissions })
  const client = await connect(url, { clientId: options.clientId, password, ca, alpn })

  // a call that is under way when the connection ends is never called back by the library
  const lost = whenLost(client, options.clientId)
  return {
    lost,
    async subscribe(filter, onMessage) {
      client.on('message', onMessage)
      const subscribed = client.subscribeAsync(filter, { qos: 1 }).catch((error: unknown) => {
        const code = error instanceof ErrorWithSubackPacket ? error.packet.granted[0] : undefined
        throw denied('subscribe_denied', `subscribing to ${filter}`, code === undefined ? error : { code })
      })
      await Promise.race([subscribed, lost])
    },
    async publish(topic, payload, qos) {
      const published = client.publishAsync(topic, payload, { qos }).catch((error: unknown) => {
        throw denied('publish_denied', `publishing to ${topic}`, error)
      })
      await Promise.race([published, lost])
    },
    [Symbol.asyncDispose]: () => client.endAsync(),
  }
}

async function connect(
  url: string,
  options: { clientId: string; password: string; ca: string | undefined; alpn: string | undefined },
): Promise<MqttClient> {
  const { clientId, password, ca, alpn } = options
  try {
    const client = await connectAsync(
      url,
      {
        protocolVersion: 5,
        clientId,
        username: clientId,
        password,
        clean: true,
        reconnectPeriod: 0,
        connectTimeout: CONNECT_TIMEOUT_MS,
        ...(ca !== undefined && { ca }),
        ...(alpn !== undefined && { ALPNProtocols: [alpn] }),
      },
      false,
    )
    const { stream } = client
    // small packets must not wait for the acknowledgement of the one before
    if ('setNoDelay' in stream && typeof stream.setNoDelay === 'function') stream.setNoDelay(true)
    return client
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const hint = /Not authorized|0x87|refused: 135/i.test(reason)
      ? `; the log of the authorizer (locally: the terminal of "npm start") has the reason for client "${clientId}"`
      : ''
    throw new CommandError('failed', 'connect_failed', `connecting to ${url}: ${reason}${hint}`, { cause: error })
  }
}

function whenLost(client: MqttClient, clientId: string): Promise<never> {
  const lost = Promise.withResolvers<never>()
  // nobody may be waiting when it happens
  lost.promise.catch(() => {})
  let hex = ''
  client.on('disconnect', ({ reasonCode }) => {
    if (reasonCode !== undefined) hex = ` (reason code 0x${reasonCode.toString(16)})`
  })
  client.once('close', () => {
    const message = `the broker ended the connection of "${clientId}"${hex}`
    lost.reject(new CommandError('failed', 'connection_lost', message))
  })
  return lost.promise
}

function denied(code: string, what: string, error: unknown): CommandError {
  const reasonCode = error !== null && typeof error === 'object' && 'code' in error ? Number(error.code) : undefined
  const hex = reasonCode && Number.isInteger(reasonCode) ? ` (reason code 0x${reasonCode.toString(16)})` : ''
  const message = `${what} was refused by the broker${hex}; "npx bridge explain" tells why`
  return new CommandError('failed', code, message, { cause: error })
}
