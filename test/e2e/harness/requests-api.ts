import { Sha256 } from '@aws-crypto/sha256-js'
import { SignatureV4 } from '@smithy/signature-v4'
import { expect } from 'vitest'
import type { DeviceRequestState } from '#contract/index.ts'
import type { Bridge } from './bridge.ts'
import type { BridgeProcess } from './bridge-process.ts'
import type { Device, Received } from './device.ts'

export interface HttpAnswered {
  status: number
  contentType: string | null
  /** `/requests/{id}`. */
  location: string
  body: Readonly<Record<string, unknown>>
}

/** What a program asks devices with over HTTP, signed as for AWS. */
export interface RequestsApi {
  /** `query` with its question mark. Asks what {@link QUESTION} asks unless `body` says otherwise. */
  ask(
    clientId: string,
    options?: { headers?: Record<string, string>; query?: string; body?: unknown; isSigned?: boolean },
  ): Promise<HttpAnswered>
  look(location: string): Promise<DeviceRequestState>
}

export const QUESTION = { method: 'GET', path: '/state' }
export const ASYNC = { headers: { prefer: 'respond-async' } }

export function requestsApi({ runtime }: Bridge): RequestsApi {
  return requestsApiAt({ ...runtime, requestsUrl: String(runtime.outputs.RequestsUrl) })
}

/** That of a runtime which is a process of its own. */
export function requestsApiAt(
  target: Pick<BridgeProcess['target'], 'requestsUrl' | 'region' | 'credentials'>,
): RequestsApi {
  const { credentials, region } = target
  const base = target.requestsUrl.replace(/\/$/, '')
  const signer = new SignatureV4({ service: 'execute-api', credentials, region, sha256: Sha256 })

  async function call(
    method: string,
    path: string,
    { headers = {}, body, isSigned = true }: { headers?: Record<string, string>; body?: string; isSigned?: boolean },
  ): Promise<HttpAnswered> {
    const url = new URL(`${base}${path}`)
    const plain = {
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { ...headers, host: url.host, 'content-type': 'application/json' },
      ...(body !== undefined && { body }),
    }
    const signed = isSigned ? await signer.sign(plain) : plain
    const response = await fetch(url, { method, headers: signed.headers, ...(body !== undefined && { body }) })
    return {
      status: response.status,
      contentType: response.headers.get('content-type'),
      location: response.headers.get('location') ?? '',
      body: (await response.json()) as Record<string, unknown>,
    }
  }

  return {
    ask: (clientId, { query = '', body = QUESTION, ...rest } = {}) =>
      call('POST', `/devices/${clientId}/requests${query}`, { ...rest, body: JSON.stringify(body) }),
    async look(location) {
      const { status, body } = await call('GET', location, {})
      expect(status).toBe(200)
      return body as unknown as DeviceRequestState
    },
  }
}

/** A device that is asked: registered, connected and listening to what is asked of it. */
export async function connectAsked(bridge: Bridge, clientId: string, mqtt: object = {}): Promise<Device> {
  await bridge.register({ client_id: clientId })
  const subscribe = [`jamey/devices/${clientId}/requests`, `jamey/responses/${clientId}`]
  return bridge.connect({ clientId, subscribe, mqtt })
}

/** What it is asked next. */
export function questionTo(device: Device): Promise<Received> {
  return device.messages.take('question', ({ topic }) => topic.endsWith('/requests'))
}

export const ANSWER = { status: 200, headers: {}, body: { on: true } }

/** Answers a question; resolves when the broker has the answer, with the answer. */
export function answerTo(device: Device, question: Received, payload: unknown = ANSWER, metadata: object = {}) {
  const { correlation_id } = question.envelope.metadata
  return device.send(`jamey/devices/${device.clientId}/responses`, payload, { correlation_id, ...metadata })
}

/** How often the functions have counted this, by its name in the metrics for Prometheus. */
export async function counted({ runtime }: Bridge, service: string, name: string): Promise<number> {
  const text = await (await fetch(`${runtime.apiUrl}/metrics`)).text()
  const line = text.split('\n').find((one) => one.startsWith(`mqtt_cloud_bridge_${name}_total{service="${service}"}`))
  return Number(line?.split(' ').at(-1) ?? 0)
}
