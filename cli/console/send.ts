import * as z from 'zod'
import { type ContractTopic, REQUEST_LIMITS } from '#contract/index.ts'
import { defineContract, isDeviceError, jamey } from '#device/index.ts'
import { errorCode } from '../command-error.ts'
import { connectDevice } from '../device-connection.ts'
import type { Target } from '../target.ts'
import type { SendAnswer } from './wire.ts'

const sendSchema = z.object({
  key: z.string().refine((key) => Object.hasOwn(jamey.topics, key), 'expected a topic of the contract'),
  clientId: z.string().min(1),
  params: z.record(z.string(), z.string()).default({}),
  payload: z.unknown(),
})

function topicOf(key: string): ContractTopic {
  return (jamey.topics as Readonly<Record<string, ContractTopic>>)[key] as ContractTopic
}

/** Sends as a device does: connects with a token of its own, publishes or asks, and goes. */
export function createSender(target: Target): (body: unknown) => Promise<SendAnswer> {
  const contract = defineContract({ root: target.root, topics: jamey.topics })

  return async (body) => {
    const { key, clientId, params, payload } = sendSchema.parse(body)
    const { reply, direction, answeredWithinMs = REQUEST_LIMITS.deadlineMs } = topicOf(key)
    try {
      await using connection = await connectDevice(contract, target, { state: '', clientId })
      const startedAtMs = performance.now()
      if (!reply || direction === 'toDevice') {
        const { topic } = await connection.bridge.publish(key as never, payload as never, { params, qos: 1 })
        return { outcome: 'published', topic }
      }
      const options = { params, timeoutMs: answeredWithinMs }
      const answer: unknown = await connection.bridge.request(key as never, payload as never, options)
      return { outcome: 'answered', reply: answer, tookMs: performance.now() - startedAtMs }
    } catch (error) {
      if (!isDeviceError(error) && !(error instanceof Error)) throw error
      return { outcome: 'failed', code: errorCode(error), message: error.message }
    }
  }
}
