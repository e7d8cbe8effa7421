import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { connectAsync, type MqttClient } from 'mqtt'
import { ALL_PERMISSIONS, issueToken } from '#cli/issue-token.ts'
import { createEnvelope, type IssuerKey, issuerKeySchema } from '#contract/index.ts'
import type { Runtime } from '#local/index.ts'

/** An MQTT client of the bench. */
export interface Device extends AsyncDisposable {
  /** `onMessage` gets requests. */
  subscribe(topic: string, onMessage: (correlationId: string, payload: Buffer) => void): Promise<void>
  answer(topic: string, payload: unknown, correlationId: string): Promise<unknown>
  /** Publishes and resolves when a message with the same correlation id is back. */
  ask(topic: string, payload: unknown): Promise<void>
}

const REPLY_TIMEOUT_MS = 30_000

/** The key that tokens are signed with, by the runtime's own API. */
export async function readIssuerKey({ apiUrl, region, credentials, outputs }: Runtime): Promise<IssuerKey> {
  const client = new SecretsManagerClient({ endpoint: apiUrl, region, credentials })
  try {
    const SecretId = outputs.IssuerSecretName
    const { SecretString = '' } = await client.send(new GetSecretValueCommand({ SecretId }))
    return issuerKeySchema.parse(JSON.parse(SecretString))
  } finally {
    client.destroy()
  }
}

/** Connects with MQTT 5 over TLS, and with Nagle's algorithm off: it would add 40 ms to every exchange on loopback. */
export async function connectDevice(runtime: Runtime, key: IssuerKey, clientId: string): Promise<Device> {
  const client = await connectAsync(
    runtime.mqttUrl,
    {
      protocolVersion: 5,
      clientId,
      username: clientId,
      password: issueToken(key, { clientId, permissions: ALL_PERMISSIONS }),
      ca: readFileSync(runtime.caFile),
      reconnectPeriod: 0,
    },
    false,
  )
  withoutDelay(client)
  const waiting = new Map<string, () => void>()
  const handlers = new Map<string, (correlationId: string, payload: Buffer) => void>()
  client.on('message', (topic, payload) => {
    const { metadata } = JSON.parse(payload.toString('utf8')) as {
      metadata: { correlation_id: string; status?: string }
    }
    if (metadata.status === 'error') throw new Error(`the bench got an error reply: ${payload.toString('utf8')}`)
    if (metadata.status === undefined) handlers.get(topic)?.(metadata.correlation_id, payload)
    // on a topic that both sides use, one hears one's own questions
    else waiting.get(metadata.correlation_id)?.()
  })

  function publish(topic: string, payload: unknown, correlationId: string, status?: 'ok') {
    const envelope = createEnvelope(
      { topic, payload, metadata: { client_id: clientId, correlation_id: correlationId, ...(status && { status }) } },
      { messageId: randomUUID(), nowMs: Date.now() },
    )
    return client.publishAsync(topic, JSON.stringify(envelope), { qos: 1 })
  }

  return {
    async subscribe(topic, onMessage) {
      handlers.set(topic, onMessage)
      await client.subscribeAsync(topic, { qos: 1 })
    },
    answer: (topic, payload, correlationId) => publish(topic, payload, correlationId, 'ok'),
    async ask(topic, payload) {
      const correlationId = randomUUID()
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const timer = setTimeout(() => reject(new Error(`no reply on ${topic}`)), REPLY_TIMEOUT_MS)
      waiting.set(correlationId, resolve)
      try {
        await publish(topic, payload, correlationId)
        await promise
      } finally {
        clearTimeout(timer)
        waiting.delete(correlationId)
      }
    },
    [Symbol.asyncDispose]: () => client.endAsync(),
  }
}

function withoutDelay({ stream }: MqttClient): void {
  if ('setNoDelay' in stream && typeof stream.setNoDelay === 'function') stream.setNoDelay(true)
}
