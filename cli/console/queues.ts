import { createColors } from 'picocolors'
import * as z from 'zod'
import { openDeadLetters } from '../dlq/dead-letters.ts'
import { OUTLOOK_TEXTS } from '../dlq/outlook.ts'
import { redriveQueue } from '../dlq/redrive.ts'
import type { Target } from '../target.ts'
import type { LetterRow, QueueRow } from './wire.ts'

const LOOKED_AT = 100
const HIDDEN_SECONDS = 20

const redriveSchema = z.object({ queue: z.string(), ids: z.array(z.string()).optional() })

/** The dead-letter queues, by what `bridge dlq` does. */
export function openQueues(target: Target) {
  const deadLetters = openDeadLetters(target)
  const terminal = { isPerson: false, colors: createColors(false), result() {}, note() {} }

  return {
    async list(): Promise<QueueRow[]> {
      const queues = await deadLetters.queues()
      return queues.map(({ label, depth }) => ({ label, ...depth }))
    },
    async letters(label: string): Promise<LetterRow[]> {
      const [queue] = await deadLetters.queues(label)
      if (!queue) return []
      const held = await deadLetters.hold(queue, { limit: LOOKED_AT, hiddenSeconds: HIDDEN_SECONDS })
      await deadLetters.letGo(queue, held)
      return held.map(({ messageId, sentAtMs, kind, code, topic, clientId, outlook }) => ({
        ...{ id: messageId, sentAtMs, kind, code, topic, clientId, outlook: OUTLOOK_TEXTS[outlook] },
      }))
    },
    /** Sends back those that are named, or all of a queue. */
    async redrive(body: unknown): Promise<{ redriven: number; failed: number; kept: number; missing: string[] }> {
      const { queue: label, ids = [] } = redriveSchema.parse(body)
      const counts = { redriven: 0, failed: 0, kept: 0 }
      const missing: string[] = []
      for (const queue of await deadLetters.queues(label)) {
        missing.push(...(await redriveQueue(deadLetters, queue, new Set(ids), { state: '', counts, terminal })))
      }
      return { ...counts, missing }
    },
  }
}
