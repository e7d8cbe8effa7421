import { useMemo, useRef, useState } from 'preact/hooks'
import type { MessageDetails, MessageRow } from '#cli/console/wire.ts'
import { matchesTopic, validateTopicFilter } from '#contract/topic-filter.ts'
import { goTo, linkTo } from '../data/route.ts'
import { useAsked } from '../data/use-asked.ts'
import { bytes, pretty, timeOfDay } from '../data/words.ts'
import { VirtualList } from '../parts/virtual-list.tsx'
import type { ViewProps } from './view-props.ts'

export function MessagesView({ live, detail }: ViewProps) {
  const [filter, setFilter] = useState('')
  const [words, setWords] = useState('')
  const [isPaused, setPaused] = useState(false)
  const held = useRef(live.messages)
  if (!isPaused) held.current = live.messages
  const messages = held.current
  const shown = useMemo(() => messages.filter((message) => isWanted(message, filter, words)), [messages, filter, words])
  return (
    <>
      <form class="tools" onSubmit={(event) => event.preventDefault()}>
        <label>
          Topic filter
          <input
            type="text"
            value={filter}
            placeholder="with + and #, or part of a topic"
            onInput={({ currentTarget }) => setFilter(currentTarget.value)}
          />
        </label>
        <label>
          Search
          <input type="search" value={words} onInput={({ currentTarget }) => setWords(currentTarget.value)} />
        </label>
        <button type="button" aria-pressed={isPaused} onClick={() => setPaused(!isPaused)}>
          {isPaused ? 'Go on' : 'Pause'}
        </button>
        <span class="quiet" role="status">
          {shown.length} of {messages.length}
          {live.skipped > 0 && `; sampled: ${live.skipped} came too fast to be shown`}
        </span>
      </form>
      <div class="split">
        {shown.length === 0 ? (
          <p class="quiet">No message yet. Try “Send”, or the request that the terminal shows.</p>
        ) : (
          <VirtualList
            label="Messages"
            rows={shown}
            keyOf={({ id }) => id}
            draw={(message) => <Row message={message} />}
          />
        )}
        {detail !== undefined && <Details id={detail} />}
      </div>
    </>
  )
}

function Row({ message }: { message: MessageRow }) {
  const { id, atMs, topic, clientId, preview } = message
  return (
    <button type="button" class="line" onClick={() => goTo('messages', id)}>
      <span class="number">{timeOfDay(atMs)}</span>
      <span class="who">{clientId ?? 'cloud'}</span>
      <code class="topic">{topic}</code>
      <span class="quiet cut">{preview}</span>
    </button>
  )
}

function Details({ id }: { id: string }) {
  const { answer: message, error } = useAsked<MessageDetails | null>(`/message?id=${encodeURIComponent(id)}`)
  if (error !== undefined) return <p class="quiet">{error}</p>
  if (message === undefined) return <p class="quiet">loading …</p>
  if (message === null) return <p class="quiet">This message is not kept any more.</p>
  const { topic, clientId, qos, retain, payload, properties, traceId } = message
  return (
    <section class="details" aria-label="Message">
      <h2>
        <code>{topic}</code>
      </h2>
      <p>
        {timeOfDay(message.atMs)} by <code>{clientId ?? 'the cloud'}</code>, QoS {qos}, {bytes(message.bytes)}
        {retain && ', retained'}
      </p>
      <p>
        {traceId !== undefined && <a href={linkTo('requests', traceId)}>What became of it</a>}{' '}
        <a href={linkTo('rules', id)}>Try a statement on it</a>
      </p>
      <pre>{payload.text === undefined ? `base64 ${payload.base64}` : pretty(payload.text)}</pre>
      {Object.keys(properties).length > 0 && (
        <>
          <h3>Properties</h3>
          <pre>{JSON.stringify(properties, null, 2)}</pre>
        </>
      )}
      <a href={linkTo('messages')}>Close</a>
    </section>
  )
}

function isWanted({ topic, clientId = '', preview }: MessageRow, filter: string, words: string): boolean {
  if (words !== '' && !`${topic} ${clientId} ${preview}`.toLowerCase().includes(words.toLowerCase())) return false
  if (filter === '') return true
  const isFilter = /[+#]/.test(filter) && validateTopicFilter(filter) === undefined
  return isFilter ? matchesTopic(filter, topic) : topic.includes(filter)
}
