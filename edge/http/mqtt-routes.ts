import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { answerOfError } from '../errors/answer-of-error.ts'
import { edgeError } from '../errors/edge-error.ts'
import type { EdgeService, SubscriptionRequest } from '../service/edge-service.ts'
import { healthAnswer } from './health-schema.ts'
import { errors } from './route-errors.ts'
import {
  mqttPublish,
  mqttPublishBatch,
  mqttRequest,
  mqttSubscribe,
  published,
  publishedBatch,
  replied,
  subscribed,
  subscriptionList,
  unsubscribed,
} from './schemas.ts'

const tags = ['MQTT']

/** The wider calls, for any program that speaks HTTP. */
export function addMqttRoutes(instance: FastifyInstance, service: EdgeService): void {
  const app = instance.withTypeProvider<ZodTypeProvider>()
  const route = (operationId: string, summary: string) => ({ tags, operationId, summary })

  async function publish(message: Parameters<EdgeService['publish']>[0]) {
    const { topic, state } = await service.publish(message)
    return { status: 'success' as const, message: `published to ${topic}`, topic, state }
  }

  app.post(
    '/mqtt/publish',
    {
      schema: {
        ...route('mqttPublish', 'Publish a message'),
        body: mqttPublish,
        response: { 200: published, ...errors },
      },
    },
    async ({ body }) => publish(body),
  )

  app.post(
    '/mqtt/publish/batch',
    {
      schema: {
        ...route('mqttPublishBatch', 'Publish many messages, each with an answer of its own'),
        body: mqttPublishBatch,
        response: { 200: publishedBatch, ...errors },
      },
    },
    async ({ body: { messages } }) => {
      const results = await Promise.all(
        messages.map((message) => publish(message).catch((error: unknown) => failed(message.topic, error))),
      )
      const count = results.filter((result) => 'status' in result).length
      const status = count === messages.length ? ('success' as const) : ('error' as const)
      return { status, message: `published ${count} of ${messages.length}`, results }
    },
  )

  app.post(
    '/mqtt/subscribe',
    {
      schema: {
        ...route('mqttSubscribe', 'Have the messages of a filter or a pattern posted to a callback'),
        body: mqttSubscribe,
        response: { 200: subscribed, ...errors },
      },
    },
    async ({ body }) => {
      const wanted = subscriptionOf(body)
      const { subscription, state } = await service.subscribe(wanted)
      return { status: 'success' as const, message: `subscribed to ${wanted.filter}`, id: subscription.id, state }
    },
  )

  app.post(
    '/mqtt/unsubscribe',
    {
      schema: {
        ...route('mqttUnsubscribe', 'End callbacks of a filter or a pattern: that of one URL, or all'),
        body: mqttSubscribe,
        response: { 200: unsubscribed, ...errors },
      },
    },
    async ({ body }) => {
      const wanted = subscriptionOf(body)
      const ended = await service.unsubscribe(wanted)
      return { status: 'success' as const, message: `unsubscribed from ${wanted.filter}`, ended }
    },
  )

  app.post(
    '/mqtt/request',
    {
      schema: {
        ...route('mqttRequest', 'Publish a request and answer with its reply'),
        description:
          'Payload and reply are held against the contract. Flat topics of the device are correlated by `messageId`; topics outside the contract by MQTT 5 response topic and correlation data.',
        body: mqttRequest,
        response: { 200: replied, ...errors },
      },
    },
    async ({ body, raw }) => {
      const gone = new AbortController()
      const onClose = () => gone.abort()
      raw.socket.once('close', onClose)
      try {
        const { topic, payload } = await service.request({ ...body, signal: gone.signal })
        return { status: 'success' as const, topic, payload }
      } finally {
        raw.socket.off('close', onClose)
      }
    },
  )

  app.get(
    '/mqtt/status',
    {
      schema: {
        ...route('mqttStatus', 'How the service is, in every state with status 200'),
        response: { 200: healthAnswer, ...errors },
      },
    },
    async () => service.health(),
  )

  app.get(
    '/mqtt/subscriptions',
    { schema: { ...route('mqttSubscriptions', 'All subscriptions'), response: { 200: subscriptionList, ...errors } } },
    async () => {
      const all = service.subscriptions()
      const filtersOf = (kind: string) => [
        ...new Set(all.filter((one) => one.kind === kind).map(({ filter }) => filter)),
      ]
      return {
        topics: filtersOf('topic'),
        patterns: filtersOf('pattern'),
        count: all.length,
        subscriptions: all.map(({ id, kind, filter, callbackUrl, state, problem }) => ({
          id,
          ...(kind === 'topic' ? { topic: filter } : { pattern: filter }),
          callbackUrl: callbackUrl ?? null,
          state,
          ...(problem !== undefined && { problem }),
        })),
      }
    },
  )
}

function subscriptionOf(body: {
  topic?: string | undefined
  pattern?: string | undefined
  callbackUrl?: string | null | undefined
}): SubscriptionRequest {
  const { topic, pattern, callbackUrl } = body
  return pattern === undefined
    ? { kind: 'topic', filter: topic ?? '', callbackUrl }
    : { kind: 'pattern', filter: pattern, callbackUrl }
}

function failed(topic: string, error: unknown) {
  const answer = answerOfError(error) ?? edgeError('internal')
  return { topic, error: answer.message, code: answer.code }
}
