import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { connectAsync } from 'mqtt'
import type { Way } from './exchange.ts'

/** The service keeps the order of a topic, and so has one callback of each under way; programs have many topics. */
const TOPICS = 16

export interface OpenWay extends Way, AsyncDisposable {}

/** Resolves the sends of a way when their handler has them. */
function createArrivals() {
  const waiting = new Map<string, () => void>()
  let last = 0
  return {
    expect(): { id: string; arrived: Promise<void> } {
      last += 1
      const id = String(last)
      return { id, arrived: new Promise((resolve) => waiting.set(id, resolve)) }
    },
    arrive(id: string): void {
      waiting.get(id)?.()
      waiting.delete(id)
    },
  }
}

/** MQTT.js with Nagle's algorithm off, straight to a handler: the same hop without the service. */
export async function openMqttWay(port: number, ca: string): Promise<OpenWay> {
  const client = await connectAsync({
    protocol: 'mqtts',
    host: 'localhost',
    port,
    ca,
    clientId: 'bench-mqtt',
    protocolVersion: 5,
    noDelay: true,
  } as Parameters<typeof connectAsync>[0] & object)
  const arrivals = createArrivals()
  client.on('message', (_, payload) =>
    arrivals.arrive((JSON.parse(payload.toString()) as { messageId: string }).messageId),
  )
  await client.subscribeAsync('bench/mqtt/+', { qos: 1 })
  return {
    name: 'MQTT.js straight to a handler',
    async send() {
      const { id, arrived } = arrivals.expect()
      const topic = `bench/mqtt/${Number(id) % TOPICS}`
      await Promise.all([client.publishAsync(topic, JSON.stringify({ messageId: id, n: 1 }), { qos: 1 }), arrived])
    },
    [Symbol.asyncDispose]: () => client.endAsync(),
  }
}

/** HTTP publish, MQTT, callback: through the service and back. */
export async function openEdgeWay(edgeUrl: string): Promise<OpenWay> {
  const arrivals = createArrivals()
  const server = http.createServer((request, response) => {
    void textOf(request).then((text) => {
      const { payload } = JSON.parse(text) as { payload: { messageId: string } }
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"success"}')
      arrivals.arrive(payload.messageId)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const agent = new http.Agent({ keepAlive: true })
  await post(agent, `${edgeUrl}/subscribe`, { topic: 'bench/edge/+', callbackUrl: `http://127.0.0.1:${port}/callback` })
  return {
    name: 'edge service',
    async send() {
      const { id, arrived } = arrivals.expect()
      const payload = { messageId: id, n: 1 }
      const topic = `bench/edge/${Number(id) % TOPICS}`
      await Promise.all([post(agent, `${edgeUrl}/publish`, { topic, payload, qos: 1 }), arrived])
    },
    async [Symbol.asyncDispose]() {
      await post(agent, `${edgeUrl}/unsubscribe`, { topic: 'bench/edge/+' })
      agent.destroy()
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Callbacks that take their time: `count` at once, until the end. */
export async function holdSlowCallbacks(edgeUrl: string, count: number): Promise<AsyncDisposable> {
  const held = new Set<http.ServerResponse>()
  const full = Promise.withResolvers<void>()
  const server = http.createServer((request, response) => {
    void textOf(request).then(() => {
      held.add(response)
      if (held.size === count) full.resolve()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const agent = new http.Agent({ keepAlive: true, maxSockets: 32 })
  await post(agent, `${edgeUrl}/subscribe`, { topic: 'slow/#', callbackUrl: `http://127.0.0.1:${port}/callback` })
  const sends = Array.from({ length: count }, (_, index) =>
    post(agent, `${edgeUrl}/publish`, { topic: `slow/${index}`, payload: {}, qos: 1 }),
  )
  await Promise.all([...sends, full.promise])
  return {
    async [Symbol.asyncDispose]() {
      for (const response of held) response.end('{}')
      await post(agent, `${edgeUrl}/unsubscribe`, { topic: 'slow/#' })
      agent.destroy()
      server.closeAllConnections()
      server.close()
    },
  }
}

function post(agent: http.Agent, url: string, body: unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    const text = JSON.stringify(body)
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
    const request = http.request(url, { method: 'POST', agent, headers }, (response) => {
      textOf(response).then((answer) => {
        if (response.statusCode === 200) resolve()
        else reject(new Error(`${url}: ${response.statusCode} ${answer}`))
      }, reject)
    })
    request.on('error', reject)
    request.end(text)
  })
}

async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
