import { describe, expect, test } from 'vitest'
import { type AnswerLoad, answerAll, MIXED_UP, runAnswerLoad } from '../../../cli/simulate/answer-load.ts'
import type { Asked, AskOverHttp } from '../../../cli/simulate/ask-over-http.ts'
import { createRecorder } from '../../../cli/simulate/statistics.ts'
import { steppedClock } from './stepped-clock.ts'

const LOAD: AnswerLoad = { rate: 1, durationMs: 2_000, deadlineSeconds: 30 }
const LOCATION = '/requests/1'

/** Runs the load on an API of which each request is answered as told. */
async function run(
  ask: (payload: unknown) => Asked,
  look: () => Asked = () => ({ outcome: 'open', location: LOCATION }),
) {
  const clock = steppedClock()
  const recorder = createRecorder()
  const asked: string[] = []
  const http: AskOverHttp = {
    async ask(clientId, payload) {
      asked.push(clientId)
      return ask(payload)
    },
    look: async () => look(),
  }
  const running = runAnswerLoad(['one', 'two'], LOAD, http, recorder, new AbortController().signal, clock)
  await Promise.all([running, clock.advance()])
  return { asked, ...recorder.read() }
}

const echo = (payload: unknown): Asked => ({ outcome: 'answered', answer: payload })

describe('a load of answers', () => {
  test('asks each device at its pace, and counts what it answers', async () => {
    expect(await run(echo)).toMatchObject({
      asked: ['one', 'two', 'one', 'two'],
      ...{ sent: 4, answered: 4, refused: {}, late: 0, lost: 0, open: 0 },
    })
  })

  test('counts the answer to another request as none', async () => {
    const body = { client_id: 'one', number: 1 }
    expect(await run(() => ({ outcome: 'answered', answer: { status: 200, body } }))).toMatchObject({
      ...{ answered: 1, refused: { [MIXED_UP]: 3 } },
    })
  })

  test('counts refusals by their code', async () => {
    const refused = await run(() => ({ outcome: 'refused', code: 'device_offline' }))
    expect(refused).toMatchObject({ answered: 0, refused: { device_offline: 4 }, lost: 0 })
  })

  test('counts as late what is answered when the caller has gone, and as lost what is not answered by its deadline', async () => {
    const open: Asked = { outcome: 'open', location: LOCATION }
    const looks: Asked[] = [open, { outcome: 'answered', answer: null }]
    expect(
      await run(
        () => open,
        () => looks.shift() ?? { outcome: 'refused', code: 'device_request_expired' },
      ),
    ).toMatchObject({
      ...{ sent: 4, answered: 0, refused: {}, late: 1, lost: 3, open: 0 },
    })
    const expired = await run(() => ({ outcome: 'refused', code: 'device_request_expired' }))
    expect(expired).toMatchObject({ lost: 4, refused: {} })
  })
})

test('a device answers with what it is asked', async () => {
  const answers: unknown[] = []
  const device = {
    async respond(topic: string, responder: (request: { body: unknown }) => Promise<unknown>) {
      answers.push(topic, await responder({ body: { number: 1 } }))
    },
  }
  await answerAll([device as never])

  expect(answers).toEqual(['devices/{clientId}/requests', { status: 200, headers: {}, body: { number: 1 } }])
})
