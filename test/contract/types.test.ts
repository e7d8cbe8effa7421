import { describe, expectTypeOf, test } from 'vitest'
import type { MemoryLayer, PayloadInput, PayloadOf, ReplyOf, RequestKey, TopicParameters } from '#contract/index.ts'

// decided by `tsc --noEmit`; at run time these tests are empty
describe('types of the contract', () => {
  test('a sender may leave out what has a default', () => {
    expectTypeOf<{ query: string }>().toExtend<PayloadInput<'memory/query'>>()
    expectTypeOf<{ action: string }>().not.toExtend<PayloadInput<'conscience/evaluate'>>()
    expectTypeOf<{ layer: 'procedural'; content: string; tags: string[] }>().not.toExtend<
      PayloadInput<'memory/store'>
    >()
  })

  test('a reader finds everything filled in', () => {
    expectTypeOf<PayloadOf<'memory/query'>>().toEqualTypeOf<{
      query: string
      layer: MemoryLayer | null
      limit: number
      user_id: string | null
    }>()
  })

  test('only requests have replies', () => {
    expectTypeOf<RequestKey>().toEqualTypeOf<
      'conscience/evaluate' | 'conscience/review' | 'memory/store' | 'memory/query' | 'api/requests'
    >()
    expectTypeOf<ReplyOf<'conscience/evaluate'>>().toEqualTypeOf<{
      action: string
      moral_score: number
      explanation: string
      applied_rules: string[]
      approved: boolean
    }>()
    expectTypeOf<ReplyOf<'memory/query'>['total']>().toEqualTypeOf<number>()
  })

  test('a topic asks for exactly its parameters', () => {
    expectTypeOf<TopicParameters<'responses/{clientId}'>>().toEqualTypeOf<Record<'clientId', string>>()
    expectTypeOf<keyof TopicParameters<'org/{organizationId}/device/{deviceId}/command'>>().toEqualTypeOf<
      'organizationId' | 'deviceId'
    >()
    expectTypeOf<keyof TopicParameters<'memory/query'>>().toEqualTypeOf<never>()
  })
})
