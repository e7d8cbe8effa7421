import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { EdgeService } from '../service/edge-service.ts'
import { healthAnswer } from './health-schema.ts'
import { errors } from './route-errors.ts'
import { petalAnswer, petalPublish, petalSubscribe, petalUnsubscribe } from './schemas.ts'

const tags = ['Programs']

/**
 * The four calls that the programs' manager makes. It takes a status of exactly 200 with an object that has no `error`; anything else is a failure
 * for it. It makes one call after the other, so each is answered soon.
 */
export function addPetalRoutes(instance: FastifyInstance, service: EdgeService): void {
  const app = instance.withTypeProvider<ZodTypeProvider>()

  app.get(
    '/health',
    {
      schema: {
        tags,
        operationId: 'health',
        summary: 'How the service is',
        description:
          '200 while programs can use it, also while the broker is away. 503 when nothing more will come of it.',
        response: { 200: healthAnswer, 503: healthAnswer },
      },
    },
    async (_, reply) => {
      const health = service.health()
      return reply.status(service.isUsable() ? 200 : 503).send(health)
    },
  )

  app.post(
    '/subscribe',
    {
      schema: {
        tags,
        operationId: 'subscribe',
        summary: 'Have the messages of a topic posted to a callback',
        description: 'The same again changes nothing. It outlives the service.',
        body: petalSubscribe,
        response: { 200: petalAnswer, ...errors },
      },
    },
    async ({ body: { topic, callbackUrl } }) => {
      const { state } = await service.subscribe({ kind: 'topic', filter: topic, callbackUrl })
      return {
        status: 'success' as const,
        message: `subscribed to ${topic}`,
        topic,
        ...(state === 'pending' && { pending: true }),
      }
    },
  )

  app.post(
    '/publish',
    {
      schema: {
        tags,
        operationId: 'publish',
        summary: 'Publish a message',
        description: 'At QoS 1 it is kept until the broker has it, over the end of the service too.',
        body: petalPublish,
        response: { 200: petalAnswer, ...errors },
      },
    },
    async ({ body: { topic, payload, qos } }) => {
      const { state } = await service.publish({ topic, payload, qos })
      return {
        status: 'success' as const,
        message: `published to ${topic}`,
        topic,
        ...(state === 'queued' && { pending: true }),
      }
    },
  )

  app.post(
    '/unsubscribe',
    {
      schema: {
        tags,
        operationId: 'unsubscribe',
        summary: 'End the callbacks of a topic',
        description: 'What waits for them is gone; dead letters stay. One that does not exist is ended already.',
        body: petalUnsubscribe,
        response: { 200: petalAnswer, ...errors },
      },
    },
    async ({ body: { topic, callbackUrl } }) => {
      await service.unsubscribe({ kind: 'topic', filter: topic, callbackUrl: callbackUrl ?? undefined })
      return { status: 'success' as const, message: `unsubscribed from ${topic}`, topic }
    },
  )
}
