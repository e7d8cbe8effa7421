import { describe, expect, test } from 'vitest'
import type { Message } from '#device/index.ts'
import { createDeviceBench, untilEvent } from '../harness/device-bench.ts'

const EVALUATE = { action: 'a', context: 'c' }
const RESULT = { action: 'a', moral_score: 1, explanation: 'fine', applied_rules: [], approved: true }
const PRIVATE = 'jamey/responses/device-1'

/** Answers every request on the topic that it is given. */
const benchThatAnswers = (answerOf: (correlationId: string) => { topic: string; payload: unknown; status: string }) =>
  createDeviceBench({
    async answer({ topic, payload }, bench) {
      if (topic !== 'jamey/conscience/evaluate') return
      const request = JSON.parse(payload.toString()) as { message_id: string; metadata: { correlation_id: string } }
      const { correlation_id } = request.metadata
      const answer = answerOf(correlation_id)
      const metadata = { correlation_id, in_reply_to: request.message_id, status: answer.status }
      await bench.send(answer.topic, answer.payload, { metadata })
    },
  })

describe('the message behind a reply', () => {
  test('is given to whoever wants it, with all that its sender said', async () => {
    await using bench = await benchThatAnswers(() => ({ topic: PRIVATE, payload: RESULT, status: 'ok' }))
    const bridge = await bench.device()
    const replies: [Message, unknown][] = []

    const onReply = (...reply: [Message, unknown]) => void replies.push(reply)
    await bridge.request('conscience/evaluate', EVALUATE, { correlationId: 'c-1', onReply })

    expect(replies).toMatchObject([
      [
        {
          topic: PRIVATE,
          correlationId: 'c-1',
          timestamp: new Date(bench.clock.nowMs()).toISOString(),
          metadata: { status: 'ok', in_reply_to: expect.any(String) },
        },
        RESULT,
      ],
    ])
  })

  test('fails nothing when its listener throws', async () => {
    await using bench = await benchThatAnswers(() => ({ topic: PRIVATE, payload: RESULT, status: 'ok' }))
    const bridge = await bench.device()
    const failed = untilEvent(bridge, 'handlerFailed')

    const onReply = () => {
      throw new Error('broken')
    }
    await expect(bridge.request('conscience/evaluate', EVALUATE, { onReply })).resolves.toEqual(RESULT)
    expect(await failed).toMatchObject({ topic: PRIVATE, error: { message: 'broken' } })
  })
})

test('a refusal is heard on the private topic, also when the reply was to come elsewhere', async () => {
  const refusal = {
    error_type: 'user',
    code: 'invalid_payload',
    message: 'no',
    component: 'conscience',
    timestamp: 't',
  }
  await using bench = await benchThatAnswers(() => ({ topic: PRIVATE, payload: refusal, status: 'error' }))
  const bridge = await bench.device()

  const request = bridge.request('conscience/evaluate', EVALUATE, { replyTopic: 'conscience/results' })

  await expect(request).rejects.toMatchObject({ code: 'request_refused', details: { code: 'invalid_payload' } })
})
