import { chmodSync, existsSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import fastifySwagger from '@fastify/swagger'
import fastifySwaggerUi from '@fastify/swagger-ui'
import fastify, { type FastifyInstance } from 'fastify'
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import type { EdgeSettings } from '../configuration/settings.ts'
import type { Log } from '../logging/log.ts'
import type { EdgeMetrics } from '../metrics/edge-metrics.ts'
import type { EdgeService } from '../service/edge-service.ts'
import { addDeadLetterRoutes } from './dead-letter-routes.ts'
import { addClosing, addGuards } from './guards.ts'
import { addMessageStreamRoute, type MessageStreams } from './message-stream-route.ts'
import { addMqttRoutes } from './mqtt-routes.ts'
import { OPEN_API } from './open-api.ts'
import { addPetalRoutes } from './petal-routes.ts'
import { addProblemAnswers, answerExpectation, answerMalformed } from './problem-answers.ts'

export interface HttpService {
  /** Where it listens: `http://127.0.0.1:3004`, or `unix:/path`. */
  readonly url: string
  readonly port: number
  readonly streams: MessageStreams
  close(): Promise<void>
}

export interface HttpOptions {
  service: EdgeService
  settings: Pick<EdgeSettings, 'host' | 'port' | 'socket' | 'token' | 'allowedHosts' | 'maxBodyBytes' | 'maxStreams'>
  metrics: EdgeMetrics
  log: Log
}

/** Of the reference page, whose files all come from here. Its script sets styles inline. */
const REFERENCE_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'self'; form-action 'none'; frame-ancestors 'none'"

/** Calls are answered within about a second; requests may take minutes. */
const CLOSE_WITHIN_MS = 2_000

/** The whole service without a socket; `inject` of fastify calls it. */
export async function createHttpApp({
  service,
  settings,
  metrics,
  log,
}: HttpOptions): Promise<{ app: FastifyInstance; streams: MessageStreams }> {
  const { maxBodyBytes, token, allowedHosts, socket } = settings
  const app = fastify({
    bodyLimit: maxBodyBytes,
    clientErrorHandler: answerMalformed,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    // keys of a payload are its sender's
    onProtoPoisoning: 'ignore',
    onConstructorPoisoning: 'ignore',
    routerOptions: { maxParamLength: 256 },
  })
  app.server.on('checkExpectation', answerExpectation)
  // a page of any origin can send a text without asking first
  app.removeContentTypeParser('text/plain')
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  addProblemAnswers(app, { log, maxBodyBytes })
  addClosing(app)
  addGuards(app, { token, allowedHosts, checkHost: socket === undefined })
  app.addHook('onSend', async (request, reply) => {
    reply.header('x-content-type-options', 'nosniff').header('cache-control', 'no-store')
    const schema = request.routeOptions.schema as { operationId?: string } | undefined
    if (schema?.operationId !== undefined) reply.header('source', schema.operationId)
  })
  app.addHook('onResponse', async ({ method, routeOptions }, reply) => {
    metrics.http(routeOptions.url ?? 'none', method, reply.statusCode, reply.elapsedTime)
  })
  await app.register(fastifySwagger, { openapi: OPEN_API, transform: jsonSchemaTransform })
  await app.register(fastifySwaggerUi, {
    routePrefix: '/docs',
    // the badge of a validator on the internet
    uiConfig: { validatorUrl: null, tryItOutEnabled: true } as never,
    staticCSP: REFERENCE_POLICY,
  })
  addPetalRoutes(app, service)
  addMqttRoutes(app, service)
  addDeadLetterRoutes(app, service)
  const streams = addMessageStreamRoute(app, service, settings)
  app.get('/openapi.json', { schema: { hide: true } as object }, async () => app.swagger())
  app.get('/metrics', { schema: { hide: true } as object }, async (_, reply) =>
    reply.header('content-type', metrics.contentType).send(await metrics.text()),
  )
  await app.ready()
  return { app, streams }
}

/** Listens. Rejects with what the system says of the port, or of the socket. */
export async function startHttpService(options: HttpOptions): Promise<HttpService> {
  const { host, port, socket } = options.settings
  const { app, streams } = await createHttpApp(options)
  if (socket === undefined) await app.listen({ host, port })
  else {
    await removeStaleSocket(socket)
    await app.listen({ path: socket })
    // its owner and its group
    chmodSync(socket, 0o660)
  }
  const address = app.server.address()
  const listening = typeof address === 'object' && address ? address.port : 0
  return {
    url: socket === undefined ? `http://${host.includes(':') ? `[${host}]` : host}:${listening}` : `unix:${socket}`,
    port: listening,
    streams,
    async close() {
      streams.close()
      // what is being answered is answered, as far as that is soon
      const cut = setTimeout(() => app.server.closeAllConnections(), CLOSE_WITHIN_MS)
      await app.close()
      clearTimeout(cut)
    },
  }
}

/** What a killed process left; one that is in use stays, and listening fails. */
async function removeStaleSocket(path: string): Promise<void> {
  if (!existsSync(path)) return
  const isInUse = await new Promise<boolean>((resolve) => {
    const probe = connect(path, () => {
      probe.destroy()
      resolve(true)
    })
    probe.on('error', () => resolve(false))
  })
  if (!isInUse) rmSync(path)
}
