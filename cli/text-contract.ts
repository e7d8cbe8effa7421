import * as z from 'zod'
import type { Contract } from '#contract/index.ts'
import { defineContract } from '#device/index.ts'

const TEXT_TOPIC = { direction: 'shared', qos: 1, wire: 'text', absolute: true, payload: z.string() } as const

/** For looking at messages, and sending them, as they are: every topic carries text. Those that are named may be published to. */
export function textContract(
  root: string,
  topics: readonly string[] = [],
): Contract<Readonly<Record<string, typeof TEXT_TOPIC>>> {
  return defineContract({
    root,
    topics: Object.fromEntries(topics.map((name) => [name, TEXT_TOPIC])),
    otherTopics: 'text',
  })
}
