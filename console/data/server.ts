import { type FeedEvent, TOKEN_HEADER } from '#cli/console/wire.ts'

const STORED_AS = 'bridge-console-token'
const TOKEN = /^#([A-Za-z0-9_-]{16,})$/

/** The token comes as the fragment of the address; it is kept for this tab and taken out of the address. */
export function takeToken(): void {
  const given = TOKEN.exec(location.hash)?.[1]
  if (given === undefined) return
  sessionStorage.setItem(STORED_AS, given)
  history.replaceState(null, '', '#/messages')
}

const headers = () => ({ [TOKEN_HEADER]: sessionStorage.getItem(STORED_AS) ?? '' })

/** Asks the server; rejects with its words. */
export async function ask<Answer>(path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`/api${path}`, {
    headers: headers(),
    ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
  })
  const answer: unknown = await response.json()
  if (response.ok) return answer as Answer
  const { code, message } = answer as { code?: string; message: string }
  throw new Error(code === undefined ? message : `${code}: ${message}`)
}

/** Follows the feed until the signal ends it; comes back by itself after the runtime was away. */
export async function follow(
  signal: AbortSignal,
  on: { event(event: FeedEvent): void; state(isLive: boolean): void },
): Promise<void> {
  while (!signal.aborted) {
    try {
      const response = await fetch('/api/feed', { headers: headers(), signal })
      if (!response.ok || !response.body) throw new Error(`${response.status}`)
      on.state(true)
      for await (const line of linesOf(response.body)) on.event(JSON.parse(line) as FeedEvent)
    } catch {
      // told by the state; tried again below
    }
    on.state(false)
    await new Promise((resolve) => setTimeout(resolve, 1_000))
  }
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    const lines = (rest + decoder.decode(value, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
}
