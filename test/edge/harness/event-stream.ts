export interface StreamEvent {
  id: string | undefined
  event: string
  data: Record<string, unknown>
}

/** Reads server-sent events. */
export async function openStream(
  url: string,
): Promise<{ take(count: number): Promise<StreamEvent[]>; close(): Promise<void> }> {
  const abort = new AbortController()
  const response = await fetch(url, { signal: abort.signal })
  if (!response.ok || !response.body) throw new Error(`${url}: ${response.status} ${await response.text()}`)
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  return {
    async take(count) {
      const events: StreamEvent[] = []
      while (events.length < count) {
        const end = text.indexOf('\n\n')
        if (end === -1) {
          const { value, done } = await reader.read()
          if (done) throw new Error('the stream ended')
          text += value
          continue
        }
        const block = text.slice(0, end)
        text = text.slice(end + 2)
        const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1]
        const data = field('data')
        if (data !== undefined)
          events.push({ id: field('id'), event: field('event') ?? 'message', data: JSON.parse(data) })
      }
      return events
    },
    async close() {
      abort.abort()
      await reader.cancel().catch(() => {})
    },
  }
}
