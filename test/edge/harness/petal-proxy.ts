import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

type Payload = Record<string, unknown>
type Handler = (topic: string, payload: Payload) => unknown

export interface PetalProxyOptions {
  /** `http://host:port` of the service. */
  clientUrl: () => string
  organizationId?: string | undefined
  deviceId: string
  enableCallbacks?: boolean
}

/**
 * A double of the MQTT proxy in the manager of the programs on a device, as strict and as simple as it is: a success is status 200 with a JSON
 * object without `error`; one call at a time; topics once subscribed to are never asked for again; messages seen are known by their
 * `messageId`, the last 1,000 of them. What the proxy does by a timer, such as its health loop, a test calls.
 */
export interface PetalProxy extends AsyncDisposable {
  readonly callbackUrl: string
  readonly isConnected: boolean
  /** What handlers of `command/edge` got. */
  readonly commands: Payload[]
  /** All that passed the window of seen messages, by topic. */
  readonly messages: { topic: string; payload: Payload }[]
  /** Answers of the callback router: 200 and 422. */
  readonly callbackStatuses: number[]
  readonly failures: string[]
  start(): Promise<void>
  /** One round of the health loop. */
  healthLoop(): Promise<void>
  subscribe(topic: string): Promise<boolean>
  publish(topic: string, payload: Payload, qos?: 0 | 1 | 2): Promise<boolean>
  unsubscribe(topic: string): Promise<boolean>
  /** Of the public methods. */
  publishMessage(payload: Payload): Promise<boolean>
  sendCommandResponse(messageId: string, fields: Payload): Promise<boolean>
  provision(organizationId: string): void
  onCommand(handler: Handler): void
  /** Next callbacks fail inside: still 200, with an error in it. */
  failInside(count: number): void
  until(condition: () => boolean): Promise<void>
}

const SEEN_MESSAGES = 1_000

export async function startPetalProxy(options: PetalProxyOptions): Promise<PetalProxy> {
  const { clientUrl, deviceId, enableCallbacks = true } = options
  let organizationId = options.organizationId
  const subscribed = new Set<string>()
  const seen: string[] = []
  const commands: Payload[] = []
  const messages: { topic: string; payload: Payload }[] = []
  const callbackStatuses: number[] = []
  const failures: string[] = []
  let handlers: Handler[] = []
  let isConnected = false
  let isHealthy = false
  let failing = 0
  let waiting: (() => void)[] = []
  /** One worker thread makes all calls. */
  let worker: Promise<unknown> = Promise.resolve()

  const server = createServer((request, response) => void route(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const callbackUrl = `http://127.0.0.1:${port}/mqtt-callback/callback`

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const [status, body] =
      request.method === 'POST' && request.url === '/mqtt-callback/callback'
        ? takeCallback(Buffer.concat(chunks).toString('utf8'))
        : [404, { detail: 'Not Found' }]
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    callbackStatuses.push(status)
    const resumed = waiting
    waiting = []
    for (const resume of resumed) resume()
  }

  function takeCallback(text: string): [status: number, body: Payload] {
    const body = asObject(parsed(text))
    const payload = asObject(body?.payload)
    if (!body || typeof body.topic !== 'string' || !payload) return [422, { detail: [{ msg: 'field required' }] }]
    if (body.timestamp !== undefined && typeof body.timestamp !== 'string') return [422, { detail: 'timestamp' }]
    if (body.qos !== undefined && !Number.isInteger(body.qos)) return [422, { detail: 'qos' }]
    if (failing > 0) {
      failing -= 1
      return [200, { status: 'error', message: 'the queue is full' }]
    }
    const { messageId } = payload
    if (typeof messageId === 'string') {
      if (seen.includes(messageId)) return [200, { status: 'success' }]
      seen.push(messageId)
      if (seen.length > SEEN_MESSAGES) seen.shift()
    }
    messages.push({ topic: body.topic, payload })
    if (body.topic === deviceTopic('command/edge')) {
      commands.push(payload)
      for (const handler of handlers) void handler(body.topic, payload)
    }
    return [200, { status: 'success' }]
  }

  function post(path: string, body: Payload): Promise<boolean> {
    const called = worker.then(async () => {
      try {
        const response = await fetch(`${clientUrl()}${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
          signal: AbortSignal.timeout(30_000),
        })
        const text = await response.text()
        if (response.status !== 200) throw new Error(`${response.status}: ${text}`)
        const answer = asObject(parsed(text))
        if (!answer) throw new Error(`no JSON object: ${text}`)
        if ('error' in answer) throw new Error(String(answer.error))
        return true
      } catch (error) {
        failures.push(`${path}: ${error instanceof Error ? error.message : String(error)}`)
        return false
      }
    })
    worker = called
    return called
  }

  async function probe(): Promise<boolean> {
    try {
      const response = await fetch(`${clientUrl()}/health`, { signal: AbortSignal.timeout(30_000) })
      await response.arrayBuffer()
      return response.status === 200
    } catch {
      return false
    }
  }

  const deviceTopic = (relative: string) => `org/${organizationId}/device/${deviceId}/${relative}`

  async function subscribeDeviceTopics(): Promise<void> {
    if (organizationId === undefined) return
    for (const relative of ['command/edge', 'response', 'command']) {
      const topic = deviceTopic(relative)
      if (!subscribed.has(topic)) await subscribe(topic)
    }
  }

  async function subscribe(topic: string): Promise<boolean> {
    const done = await post('/subscribe', { topic, callbackUrl: enableCallbacks ? callbackUrl : null })
    if (done) subscribed.add(topic)
    return done
  }

  async function publish(topic: string, payload: Payload, qos: 0 | 1 | 2 = 1): Promise<boolean> {
    if (!isConnected) return false
    return post('/publish', {
      topic,
      payload: { ...payload, deviceId },
      qos,
      callbackUrl: enableCallbacks ? callbackUrl : null,
    })
  }

  async function healthLoop(): Promise<void> {
    const wasHealthy = isHealthy
    isHealthy = await probe()
    if (isHealthy === wasHealthy) return
    if (!isHealthy) {
      isConnected = false
      return
    }
    await subscribeDeviceTopics()
    isConnected = organizationId !== undefined
  }

  return {
    callbackUrl,
    get isConnected() {
      return isConnected
    },
    commands,
    messages,
    callbackStatuses,
    failures,
    start: healthLoop,
    healthLoop,
    subscribe,
    publish,
    unsubscribe: (topic) => post('/unsubscribe', { topic }),
    publishMessage: (payload) => publish(deviceTopic('command/web'), payload),
    sendCommandResponse: (messageId, fields) =>
      publish(deviceTopic('response'), { messageId, timestamp: new Date().toISOString(), ...fields }),
    provision(id) {
      organizationId = id
    },
    onCommand(handler) {
      handlers = [...handlers, handler]
    },
    failInside(count) {
      failing = count
    },
    async until(condition) {
      while (!condition()) await new Promise<void>((resolve) => waiting.push(resolve))
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function asObject(value: unknown): Payload | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Payload) : undefined
}
