import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { edgeError } from '../errors/edge-error.ts'
import { type IncomingMessage, messageBody } from '../mqtt/incoming-message.ts'
import type { EdgeService } from '../service/edge-service.ts'
import { compileShellPattern } from '../topics/shell-pattern.ts'
import { errors } from './route-errors.ts'
import { messagesQuery } from './schemas.ts'

/** Streams that are open, and their end with the service. */
export interface MessageStreams {
  count(): number
  close(): void
}

/** A sign of life for whatever lies between. */
const COMMENT_EVERY_MS = 15_000
/** Beyond it the reader is too slow for what comes. */
const MAX_UNSENT_BYTES = 1_024 * 1_024

/** `GET /mqtt/messages`: messages as they come, as server-sent events. A reader that does not keep up is told so, and its stream ends. */
export function addMessageStreamRoute(
  instance: FastifyInstance,
  service: EdgeService,
  { maxStreams }: { maxStreams: number },
): MessageStreams {
  const app = instance.withTypeProvider<ZodTypeProvider>()
  const open = new Set<() => void>()

  app.get(
    '/mqtt/messages',
    {
      schema: {
        tags: ['MQTT'],
        operationId: 'mqttMessages',
        summary: 'Messages as they come, as server-sent events',
        description:
          'Each is an event `message` with the body of a callback as data. `overflow` says that the reader was too slow and the stream ends. What comes while nobody listens is not kept.',
        querystring: messagesQuery,
        produces: ['text/event-stream'],
        response: errors,
      },
    },
    async ({ query: { filter, pattern }, raw: request }, reply) => {
      if (open.size >= maxStreams) throw edgeError('streams_full', { limit: maxStreams })
      const isWanted = pattern === undefined ? () => true : compileShellPattern(pattern)
      const { raw } = reply
      let position = 0
      // what comes before the answer has begun waits for it
      let early: string[] | undefined = []
      const write = (text: string) => void (early ? early.push(text) : raw.write(text))
      const consume = (message: IncomingMessage) => {
        if (!isWanted(message.topic)) return undefined
        position += 1
        write(`id: ${position}\nevent: message\ndata: ${messageBody(message)}\n\n`)
        if (raw.writableLength > MAX_UNSENT_BYTES) end('event: overflow\ndata: {}\n\n')
        return undefined
      }
      let remove: (() => Promise<void>) | undefined
      const comments = setInterval(() => write(':\n\n'), COMMENT_EVERY_MS)
      const end = (last = '') => {
        clearInterval(comments)
        open.delete(end)
        raw.end(last)
        void remove?.()
        remove = undefined
      }
      open.add(end)
      try {
        remove = await service.listen(filter, consume)
      } catch (error) {
        clearInterval(comments)
        open.delete(end)
        throw error
      }
      reply.hijack()
      request.socket.once('close', () => end())
      raw.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      })
      raw.write([':\n\n', ...early].join(''))
      early = undefined
    },
  )

  return {
    count: () => open.size,
    close() {
      for (const end of [...open]) end()
    },
  }
}
