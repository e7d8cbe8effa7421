import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { EdgeService } from '../service/edge-service.ts'
import { errors } from './route-errors.ts'
import { deadLetterIds, deadLetterQuery, deadLetters, redriven } from './schemas.ts'

const tags = ['Dead letters']

/** Messages that were given up: to look at, to send once more, to forget. */
export function addDeadLetterRoutes(instance: FastifyInstance, service: EdgeService): void {
  const app = instance.withTypeProvider<ZodTypeProvider>()

  app.get(
    '/mqtt/dead-letters',
    {
      schema: {
        tags,
        operationId: 'deadLetters',
        summary: 'Messages that no callback has taken',
        querystring: deadLetterQuery,
        response: { 200: deadLetters, ...errors },
      },
    },
    async ({ query: { after, count } }) => {
      const page = service.deadLetters({ afterId: after, count })
      return {
        count: page.count,
        deadLetters: page.deadLetters.map(({ id, topic, url, receivedAtMs, deadAtMs, attempts, problem, body }) => ({
          id,
          topic,
          url,
          receivedAt: new Date(receivedAtMs).toISOString(),
          deadAt: new Date(deadAtMs).toISOString(),
          attempts,
          problem,
          callback: JSON.parse(body) as unknown,
        })),
      }
    },
  )

  app.post(
    '/mqtt/dead-letters/redrive',
    {
      schema: {
        tags,
        operationId: 'redriveDeadLetters',
        summary: 'Post them once more, behind what waits',
        body: deadLetterIds,
        response: { 200: redriven, ...errors },
      },
    },
    async ({ body: { ids } }) => ({ status: 'success' as const, count: service.redrive(ids) }),
  )

  app.post(
    '/mqtt/dead-letters/discard',
    {
      schema: {
        tags,
        operationId: 'discardDeadLetters',
        summary: 'Forget them',
        body: deadLetterIds,
        response: { 200: redriven, ...errors },
      },
    },
    async ({ body: { ids } }) => ({ status: 'success' as const, count: service.discard(ids) }),
  )
}
