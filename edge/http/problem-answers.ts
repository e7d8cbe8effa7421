import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyInstance } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { answerOfError, type ErrorAnswer } from '../errors/answer-of-error.ts'
import { edgeError } from '../errors/edge-error.ts'
import type { Log } from '../logging/log.ts'

/** Everything that goes wrong is answered with JSON: `error` and `code`, below `/mqtt` with `detail` too, as its callers know it. */
export function addProblemAnswers(
  app: FastifyInstance,
  { log, maxBodyBytes }: { log: Log; maxBodyBytes: number },
): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const answer = answerOf(error, maxBodyBytes)
    if (answer.httpStatus >= 500) {
      const { method, routeOptions } = request
      const problem = answer.code === 'internal' ? (error.stack ?? error.message) : answer.message
      log({ level: 'error', event: 'request_failed', method, route: routeOptions.url, code: answer.code, problem })
    }
    return reply.status(answer.httpStatus).send(bodyOf(answer, request.url))
  })
  app.setNotFoundHandler((request, reply) => {
    const { code, message, httpStatus } = edgeError('route_unknown')
    return reply.status(httpStatus).send(bodyOf({ code, message, httpStatus }, request.url))
  })
}

/** What is no HTTP reaches no route: it is answered as far as there is somebody to answer, and the connection ends. */
export function answerMalformed(_error: unknown, socket: Socket): void {
  if (!socket.writable || socket.destroyed) {
    socket.destroy()
    return
  }
  const { httpStatus, headers, body } = malformed()
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  socket.end([`HTTP/1.1 ${httpStatus} ${STATUS_CODES[httpStatus]}`, ...lines, '', body].join('\r\n'))
}

/** Of the header `Expect` there is one value, which never comes here. */
export function answerExpectation(_request: IncomingMessage, response: ServerResponse): void {
  const { httpStatus, headers, body } = malformed()
  response.writeHead(httpStatus, headers).end(body)
}

function malformed() {
  const { code, message, httpStatus } = edgeError('request_malformed')
  const body = JSON.stringify({ error: message, code })
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  }
  return { httpStatus, headers, body }
}

function answerOf(error: FastifyError, limitBytes: number): ErrorAnswer {
  const internal = edgeError('internal')
  if (hasZodFastifySchemaValidationErrors(error)) {
    const { instancePath, message } = error.validation[0] ?? {}
    const place = (instancePath ?? '').slice(1, 129).replaceAll('/', '.')
    const problem = place === '' ? String(message) : `${place}: ${message}`
    return answerOf(edgeError('body_invalid', { problem }) as unknown as FastifyError, limitBytes)
  }
  return (
    answerOfError(Object.assign(error, { limitBytes })) ?? {
      ...internal,
      message: internal.message,
      code: internal.code,
    }
  )
}

function bodyOf({ code, message }: ErrorAnswer, url: string): Record<string, string> {
  return { error: message, code, ...(url.startsWith('/mqtt/') && { detail: message }) }
}
