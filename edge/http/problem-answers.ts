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
