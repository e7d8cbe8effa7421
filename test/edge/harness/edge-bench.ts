import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Edge,
  type EdgeOptions,
  type EdgeSettings,
  type LogEntry,
  readEdgeSettings,
  startEdge,
} from '#edge/index.ts'
import { createServerCertificate } from '../../local/broker/server-certificate.ts'
import { createTestBroker, type TestBroker } from '../../local/broker/test-broker.ts'

const certificate = await createServerCertificate()

export const BASE = 'org/acme/device/Instance-1'

/** The broker of the local runtime, and services that are closed at the end. */
export interface EdgeBench extends AsyncDisposable {
  readonly test: TestBroker
  readonly mqttUrl: string
  readonly ca: string
  readonly folder: string
  readonly log: LogEntry[]
  logged(event: string): LogEntry[]
  /** Starts the service with the bench's folder, and waits until it is connected and has the device's topics. */
  start(options?: EdgeBenchOptions): Promise<Edge>
  /** Publishes from the cloud, as it is. */
  send(topic: string, payload: unknown, qos?: 0 | 1): Promise<void>
  /** What devices published on a topic, parsed. */
  published(topic: string): Record<string, unknown>[]
  untilPublished(topic: string, count: number): Promise<void>
}

export type EdgeBenchOptions = Partial<Omit<EdgeOptions, 'settings' | 'device'>> & {
  settings?: Partial<EdgeSettings>
  environment?: Record<string, string>
  device?: Partial<EdgeOptions['device']>
  /** Default: true. */
  connected?: boolean
}

export async function createEdgeBench(overrides: Parameters<typeof createTestBroker>[0] = {}): Promise<EdgeBench> {
  const test = createTestBroker(overrides)
  const { port } = await test.broker.listen({ port: 0, tls: certificate })
  const folder = mkdtempSync(join(tmpdir(), 'edge-test-'))
  const edges: Edge[] = []
  const log: LogEntry[] = []
  const mqttUrl = `mqtts://localhost:${port}`
  const texts = (topic: string) => test.messages.filter((message) => message.topic === topic)
  return {
    test,
    mqttUrl,
    ca: certificate.cert,
    folder,
    log,
    logged: (event) => log.filter((entry) => entry.event === event),
    async start({ settings = {}, environment = {}, device = {}, connected = true, ...options } = {}) {
      const { settings: defaults } = readEdgeSettings({
        TS_CLIENT_HOST: '127.0.0.1',
        TS_CLIENT_PORT: '0',
        ...environment,
      })
      const edge = await startEdge({
        settings: { ...defaults, stateFolder: folder, ...settings },
        device: {
          url: mqttUrl,
          clientId: 'edge-1',
          ca: certificate.cert,
          organizationId: 'acme',
          deviceId: 'Instance-1',
          limits: false,
          reconnect: { minIntervalMs: 0, baseDelayMs: 10 },
          ...device,
        },
        log: (entry) => log.push(entry),
        ...options,
      })
      edges.push(edge)
      const isReady = () => log.some(({ event, filter }) => event === 'subscribed' && filter === `${BASE}/command/edge`)
      const isUnknown = 'organizationId' in device && device.organizationId === undefined
      if (connected) await until(() => edge.health().connection.connected && (isUnknown || isReady()))
      return edge
    },
    async send(topic, payload, qos = 1) {
      const text = typeof payload === 'string' ? payload : JSON.stringify(payload)
      await test.broker.publish({ topic, payload: Buffer.from(text), qos })
    },
    published: (topic) => texts(topic).map(({ payload }) => JSON.parse(payload.toString()) as Record<string, unknown>),
    untilPublished: (topic, count) => until(() => texts(topic).length >= count),
    async [Symbol.asyncDispose]() {
      await Promise.all(edges.map((edge) => edge.close()))
      await test[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The turn of the event loop in which what was true becomes true: for what crosses a socket. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1))
}

/** One call; the answer whole. */
export async function call(
  edge: Pick<Edge, 'url'>,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: Record<string, unknown>; headers: Headers }> {
  const response = await fetch(`${edge.url}${path}`, {
    ...(body !== undefined && {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }),
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
  })
  return {
    status: response.status,
    body: (await response.json()) as Record<string, unknown>,
    headers: response.headers,
  }
}
