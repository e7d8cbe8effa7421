import { lookup as resolveName } from 'node:dns'
import http, { type ClientRequest, type IncomingMessage } from 'node:http'
import https from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import type { CallbackPolicy } from './callback-policy.ts'
import { SIGNATURE_HEADER, signatureOf } from './signature.ts'

/** How one attempt went. */
export type CallbackOutcome =
  | { readonly kind: 'delivered' }
  /** The receiver answered that it did not take it; with `final` it never will. */
  | { readonly kind: 'refused'; readonly problem: string; readonly final: boolean }
  /** There was no whole answer in time. */
  | { readonly kind: 'unreachable'; readonly problem: string }

export interface CallbackSender {
  send(url: string, body: string): Promise<CallbackOutcome>
  close(): void
}

export interface CallbackSenderOptions {
  policy: CallbackPolicy
  timeoutMs: number
  secret: string | undefined
  nowMs: () => number
}

/** Enough of an answer to see what it says of itself. */
const MAX_ANSWER_BYTES = 64 * 1_024
/** A body that the receiver cannot take stays what it is. */
const FINAL_STATUS: readonly number[] = [400, 413, 415, 422]
/** Fewer than servers usually keep a silent connection for: uvicorn ends it after five seconds. */
const IDLE_SOCKET_MS = 4_000

/** Posts callbacks over kept connections, with Nagle off. Redirects are not followed: they would lead past the policy. */
export function createCallbackSender({ policy, timeoutMs, secret, nowMs }: CallbackSenderOptions): CallbackSender {
  const agentOptions = {
    keepAlive: true,
    noDelay: true,
    timeout: IDLE_SOCKET_MS,
    maxFreeSockets: 256,
    lookup: checkedLookup(policy),
  }
  const agents = { 'http:': new http.Agent(agentOptions), 'https:': new https.Agent(agentOptions) }

  function open(url: URL, body: string): ClientRequest {
    const headers: Record<string, string | number> = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    }
    if (secret !== undefined) headers[SIGNATURE_HEADER] = signatureOf(body, secret, Math.floor(nowMs() / 1_000))
    const isTls = url.protocol === 'https:'
    const agent = isTls ? agents['https:'] : agents['http:']
    return (isTls ? https : http).request(url, { method: 'POST', headers, agent })
  }

  function attempt(url: URL, body: string, mayRepeat: boolean): Promise<CallbackOutcome> {
    return new Promise((resolve) => {
      const request = open(url, body)
      const timer = setTimeout(() => request.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
      const end = (outcome: CallbackOutcome) => {
        clearTimeout(timer)
        resolve(outcome)
      }
      request.on('error', (error: NodeJS.ErrnoException) => {
        // the receiver closed a kept connection in the moment of its use, as servers do: no failure of this callback
        if (mayRepeat && request.reusedSocket && error.code === 'ECONNRESET') {
          clearTimeout(timer)
          resolve(attempt(url, body, false))
        } else end({ kind: 'unreachable', problem: error.code ?? error.message })
      })
      request.on('response', (response) => readAnswer(response, end))
      request.end(body)
    })
  }

  return {
    async send(text, body) {
      let url: URL
      try {
        url = policy.check(text)
      } catch (error) {
        return { kind: 'refused', problem: error instanceof Error ? error.message : String(error), final: true }
      }
      return attempt(url, body, true)
    },
    close() {
      for (const agent of Object.values(agents)) agent.destroy()
    },
  }
}

function readAnswer(response: IncomingMessage, end: (outcome: CallbackOutcome) => void): void {
  const chunks: Buffer[] = []
  let bytes = 0
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= MAX_ANSWER_BYTES) chunks.push(chunk)
  })
  response.on('end', () => end(judge(response.statusCode ?? 0, Buffer.concat(chunks).toString('utf8'))))
  response.on('error', (error) => end({ kind: 'unreachable', problem: `the answer broke off: ${error.message}` }))
  response.on('aborted', () => end({ kind: 'unreachable', problem: 'the answer broke off' }))
}

function judge(status: number, text: string): CallbackOutcome {
  if (status < 200 || status > 299) {
    return { kind: 'refused', problem: `status ${status}`, final: FINAL_STATUS.includes(status) }
  }
  return saysError(text)
    ? { kind: 'refused', problem: `status ${status} with an error in it`, final: false }
    : { kind: 'delivered' }
}

/** The manager answers 200 also when it failed, and says so in the body. */
function saysError(text: string): boolean {
  if (!text.includes('"error"')) return false
  try {
    const answer: unknown = JSON.parse(text)
    return typeof answer === 'object' && answer !== null && 'status' in answer && answer.status === 'error'
  } catch {
    return false
  }
}

/** Resolves a host name and keeps the addresses that the policy lets it stand for. */
function checkedLookup(policy: CallbackPolicy): LookupFunction {
  return (hostname, options, callback) => {
    resolveName(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, [])
      const allowed = addresses.filter(({ address }) => isIP(hostname) !== 0 || policy.allowsAddress(hostname, address))
      const [first] = allowed
      if (!first) return callback(new Error(`${hostname} stands for no allowed address`), [])
      if (options.all) callback(null, allowed)
      else callback(null, first.address, first.family)
    })
  }
}
