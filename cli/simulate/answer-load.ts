import type { Asked, AskOverHttp } from './ask-over-http.ts'
import type { Device } from './fleet.ts'
import { keepPace, type LoadClock, type Pace, SYSTEM_CLOCK } from './pace.ts'
import type { Recorder } from './statistics.ts'

export interface AnswerLoad extends Pace {
  /** How long a device has to answer. */
  deadlineSeconds: number
}

/** The code under which an answer is counted that belongs to another request. */
export const MIXED_UP = 'answer_mixed_up'
const EXPIRED = 'device_request_expired'
/** Between two looks at requests that nobody has answered yet. */
const LOOK_AGAIN_MS = 250

/** Has every device answer with what it is asked. */
export async function answerAll(devices: readonly Pick<Device, 'respond'>[]): Promise<void> {
  const echo = async ({ body = null }: { body?: unknown }) => ({ status: 200, headers: {}, body: body as never })
  await Promise.all(devices.map((device) => device.respond('devices/{clientId}/requests', echo)))
}

/**
 * The cloud asks each device at its own pace, each time something else. Resolves when each request is answered, refused or past its deadline;
 * `signal` ends the asking early.
 */
export async function runAnswerLoad(
  clientIds: readonly string[],
  load: AnswerLoad,
  { ask, look }: AskOverHttp,
  recorder: Recorder,
  signal: AbortSignal,
  clock: LoadClock = SYSTEM_CLOCK,
): Promise<void> {
  let asked = 0

  async function send(index: number): Promise<void> {
    const clientId = clientIds[index] ?? ''
    asked += 1
    const body = { client_id: clientId, number: asked }
    const payload = { method: 'POST', path: '/simulated', headers: {}, body }
    const startedAtMs = clock.nowMs()
    recorder.sent()
    const first = await ask(clientId, payload, load.deadlineSeconds)
    record(first, body, () => recorder.answered(clock.nowMs() - startedAtMs))
    let last = first
    while (last.outcome === 'open') {
      await clock.pause(LOOK_AGAIN_MS)
      last = await look(last.location)
    }
    if (first.outcome === 'open' && last.outcome === 'answered') recorder.late()
  }

  function record(outcome: Asked, body: { client_id: string; number: number }, onAnswered: () => void): void {
    if (outcome.outcome === 'open') recorder.timedOut()
    else if (outcome.outcome === 'answered') {
      if (isEcho(outcome.answer, body)) onAnswered()
      else recorder.refused(MIXED_UP)
    } else if (outcome.code === EXPIRED) recorder.timedOut()
    else recorder.refused(outcome.code)
  }

  await keepPace(clientIds.length, load, send, signal, clock)
}

function isEcho(answer: unknown, { client_id, number }: { client_id: string; number: number }): boolean {
  const body = Object(Object(answer).body) as Record<string, unknown>
  return body.client_id === client_id && body.number === number
}
