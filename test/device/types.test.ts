import { expect, expectTypeOf, test } from 'vitest'
import * as z from 'zod'
import type { MemoryUpdate } from '#contract/index.ts'
import {
  type Bridge,
  type ConnectOptions,
  connect,
  defineContract,
  jamey,
  type Message,
  type Stop,
} from '#device/index.ts'

const contract = defineContract({
  root: 'plant',
  topics: {
    'sensors/{sensorId}/temperature': {
      direction: 'toCloud',
      qos: 0,
      payload: z.object({ celsius: z.number(), unit: z.string().default('C') }),
    },
    limits: { direction: 'toDevice', qos: 1, payload: z.object({ max: z.number() }) },
    ask: { direction: 'toCloud', qos: 1, payload: z.string(), reply: { payload: z.object({ answer: z.number() }) } },
    asked: { direction: 'toDevice', qos: 1, payload: z.string(), reply: { payload: z.boolean(), topic: 'told' } },
    told: { direction: 'toCloud', qos: 1, payload: z.boolean() },
    'responses/{clientId}': { direction: 'toDevice', qos: 1, payload: z.json() },
  },
})

declare const plant: Bridge<typeof contract>
declare const bridge: Bridge<typeof jamey>

/** Compiled, never run: what is wrong here must not compile. */
async function wrong() {
  // @ts-expect-error no such topic
  await bridge.publish('conscience/judge', {})
  // @ts-expect-error a topic of the cloud
  await bridge.publish('memory/updates', {})
  // @ts-expect-error a required field is missing
  await bridge.publish('events/status', { status: 'online', message: 'x' })
  // @ts-expect-error not one of the values
  await bridge.publish('events/status', { status: 'fine', message: 'x', component: 'y' })
  // @ts-expect-error nobody answers it
  await bridge.request('events/status', { status: 'online', message: 'x', component: 'y' })
  // @ts-expect-error devices do not read it
  await bridge.on('memory/store', () => {})
  // @ts-expect-error nobody asks there
  await bridge.respond('memory/updates', () => {})
  // @ts-expect-error not the answer of the contract
  await bridge.respond('devices/{clientId}/requests', () => ({ state: 200 }))
  // @ts-expect-error no option of that name
  await bridge.publish('events/heartbeat', { client_id: 'd', timestamp: '' }, { timeout: 5 })
  // @ts-expect-error the payload of another topic
  await plant.publish('told', 'yes')
  // @ts-expect-error a Will goes where devices publish
  await connect(contract, { url: '', clientId: '', will: { topic: 'limits', payload: { max: 1 } } })
  // @ts-expect-error the payload of the Will's topic
  await connect(contract, { url: '', clientId: '', will: { topic: 'told', payload: 'yes' } })
  // @ts-expect-error a direction that is none
  defineContract({ root: 'x', topics: { a: { direction: 'up', qos: 1, payload: z.string() } } })
}

/** Compiled, never run: the types that follow from the contract. */
async function right() {
  const evaluation = await bridge.request('conscience/evaluate', { action: '', context: '' })
  expectTypeOf(evaluation.moral_score).toEqualTypeOf<number>()
  expectTypeOf(await plant.request('ask', 'how many?')).toEqualTypeOf<{ answer: number }>()
  // a default need not be written, and is there when read
  await plant.publish('sensors/{sensorId}/temperature', { celsius: 1 }, { params: { sensorId: 'a' } })
  expectTypeOf(
    bridge.on('memory/updates', (payload, message) => {
      expectTypeOf(payload).toEqualTypeOf<MemoryUpdate>()
      expectTypeOf(message).toEqualTypeOf<Message>()
    }),
  ).resolves.toEqualTypeOf<Stop>()
  for await (const { payload } of plant.on('limits')) expectTypeOf(payload).toEqualTypeOf<{ max: number }>()
  await bridge.on('events/#', (delivery) => {
    if (delivery.key === 'events/status') expectTypeOf(delivery.payload.component).toEqualTypeOf<string>()
  })
  await plant.respond('asked', (question) => question.length > 3)
  await bridge.respond('devices/{clientId}/requests', async ({ path }) => ({ status: 200, body: path }))
  expectTypeOf<ConnectOptions<typeof contract>['will']>().exclude<undefined>().toHaveProperty('topic')
}

test('types follow from the contract', () => {
  // it is the compiler that tests them
  expect([wrong, right]).toHaveLength(2)
})

test('a contract is held against its rules when it is made', () => {
  const payload = z.string()
  const topic = { direction: 'toCloud', qos: 1, payload } as const
  const invalid = (definition: unknown, message: RegExp) =>
    expect(() => defineContract(definition as never)).toThrow(
      expect.objectContaining({ code: 'configuration_invalid', message: expect.stringMatching(message) }),
    )

  invalid({ root: '/x', topics: {} }, /the root/)
  invalid({ root: 'x', topics: { 'a/#': topic } }, /a template holds no wildcard/)
  invalid({ root: 'x', topics: { 'a/b/c/d/e/f/g/h': topic } }, /at most 7 slashes/)
  invalid({ root: 'x', topics: { a: { ...topic, reply: { payload, topic: 'b' } } } }, /answered on "b"/)
  invalid({ root: 'x', topics: { a: topic }, replyTopic: 'b' }, /"b" is not in the contract/)
  expect(defineContract({ root: 'x/y', topics: { a: topic } })).toMatchObject({ root: 'x/y', replyTopic: undefined })
  expect(contract.replyTopic).toBe('responses/{clientId}')
  expect(defineContract({ root: 'acme', topics: jamey.topics }).root).toBe('acme')
})
