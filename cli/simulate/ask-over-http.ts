import * as z from 'zod'
import { deviceRequestStateSchema } from '#contract/index.ts'
import { CommandError } from '../command-error.ts'
import { headerSigner } from '../signed-headers.ts'
import type { AwsSettings } from '../target.ts'

/** What became of a request to a device. */
export type Asked =
  | { outcome: 'answered'; answer: unknown }
  | { outcome: 'refused'; code: string }
  /** Nobody has answered yet; `location` tells whether somebody does later. */
  | { outcome: 'open'; location: string }

export interface AskOverHttp {
  /** Waits for the answer as long as the API lets a caller wait. */
  ask(clientId: string, payload: unknown, deadlineSeconds: number): Promise<Asked>
  look(location: string): Promise<Asked>
}

const problemSchema = z.object({ code: z.string(), location: z.string().optional() })
/** Of a gateway that answers by itself. */
const NO_CODE = 'http_status_'

/** Asks devices over the HTTP API of a deployment. Throws requests_api_unreachable. */
export function createAskOverHttp(options: {
  aws: AwsSettings
  requestsUrl: string
  fetch?: typeof globalThis.fetch
}): AskOverHttp {
  const { aws, requestsUrl, fetch = globalThis.fetch } = options
  const base = requestsUrl.replace(/\/$/, '')
  const sign = headerSigner(aws)

  async function call(method: 'GET' | 'POST', path: string, body?: string): Promise<{ status: number; json: unknown }> {
    const url = new URL(`${base}${path}`)
    const request = { method, url, ...(body !== undefined && { body }) }
    const response = await fetch(url, {
      method,
      headers: await sign(request),
      ...(body !== undefined && { body }),
      redirect: 'error',
    }).catch((cause: unknown) => {
      throw new CommandError('failed', 'requests_api_unreachable', `${base} does not answer`, { cause })
    })
    return { status: response.status, json: await response.json().catch(() => undefined) }
  }

  return {
    async ask(clientId, payload, deadlineSeconds) {
      const path = `/devices/${clientId}/requests?deadline_seconds=${deadlineSeconds}`
      const { status, json } = await call('POST', path, JSON.stringify(payload))
      if (status === 200) return { outcome: 'answered', answer: json }
      const { code, location } = problemSchema.safeParse(json).data ?? { code: `${NO_CODE}${status}` }
      if (code === 'device_answer_pending' && location) return { outcome: 'open', location }
      return { outcome: 'refused', code }
    },
    async look(location) {
      const { status, json } = await call('GET', location)
      const state = deviceRequestStateSchema.safeParse(json).data
      if (!state) return { outcome: 'refused', code: `${NO_CODE}${status}` }
      if (state.state === 'completed') return { outcome: 'answered', answer: state.answer }
      return state.state === 'pending' ? { outcome: 'open', location } : { outcome: 'refused', code: state.error.code }
    },
  }
}
