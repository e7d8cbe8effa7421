import { useState } from 'preact/hooks'
import type { SendAnswer, TopicRow } from '#cli/console/wire.ts'
import { ask } from '../data/server.ts'
import { useAsked } from '../data/use-asked.ts'
import { milliseconds } from '../data/words.ts'
import { SchemaForm } from '../parts/schema-form.tsx'

export function SendView() {
  const { answer: topics } = useAsked<TopicRow[]>('/topics')
  const [chosen, setChosen] = useState<string>()
  const topic = topics?.find((one) => one.key === chosen) ?? topics?.[0]
  if (!topics) return <p class="quiet">loading …</p>
  return (
    <>
      <form class="tools" onSubmit={(event) => event.preventDefault()}>
        <label>
          Topic
          <select value={topic?.key} onChange={({ currentTarget }) => setChosen(currentTarget.value)}>
            {topics.map((one) => (
              <option key={one.key} value={one.key}>
                {one.key}
                {one.isRequest ? ' (request)' : ''}
              </option>
            ))}
          </select>
        </label>
      </form>
      {topic && <TopicForm key={topic.key} topic={topic} />}
    </>
  )
}

function TopicForm({ topic }: { topic: TopicRow }) {
  const [clientId, setClientId] = useState('cli-request')
  const [params, setParams] = useState<Record<string, string>>({})
  const [payload, setPayload] = useState<unknown>(topic.example)
  const [answer, setAnswer] = useState<string>()
  const [isUnderWay, setUnderWay] = useState(false)

  async function send(): Promise<void> {
    setUnderWay(true)
    const said = await ask<SendAnswer>('/send', { key: topic.key, clientId, params, payload }).then(wordsOf, String)
    setAnswer(said)
    setUnderWay(false)
  }

  return (
    <form
      class="bench"
      onSubmit={(event) => {
        event.preventDefault()
        void send()
      }}
    >
      <p>{topic.description}</p>
      <label>
        As the registered client
        <input type="text" value={clientId} onInput={({ currentTarget }) => setClientId(currentTarget.value)} />
      </label>
      {topic.params.map((name) => (
        <label key={name}>
          {name}
          <input
            type="text"
            value={params[name] ?? ''}
            onInput={({ currentTarget }) => setParams({ ...params, [name]: currentTarget.value })}
          />
        </label>
      ))}
      <SchemaForm schema={topic.schema} value={payload} onValue={setPayload} />
      <button type="submit" disabled={isUnderWay}>
        {topic.isRequest ? 'Ask' : 'Publish'}
      </button>
      {answer !== undefined && <pre aria-live="polite">{answer}</pre>}
    </form>
  )
}

function wordsOf(answer: SendAnswer): string {
  switch (answer.outcome) {
    case 'published':
      return `published to ${answer.topic}`
    case 'answered':
      return `answered in ${milliseconds(answer.tookMs)}\n${JSON.stringify(answer.reply, null, 2)}`
    case 'failed':
      return `${answer.code}: ${answer.message}`
  }
}
