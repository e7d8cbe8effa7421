import { useEffect, useState } from 'preact/hooks'
import type { MessageDetails, RuleRow } from '#cli/console/wire.ts'
import { ask } from '../data/server.ts'
import { useAsked } from '../data/use-asked.ts'
import { shortName } from '../data/words.ts'
import { Table } from '../parts/table.tsx'
import type { ViewProps } from './view-props.ts'

export function RulesView({ detail }: ViewProps) {
  const { answer: rows } = useAsked<RuleRow[]>('/rules', { everyMs: 1_000 })
  const [sql, setSql] = useState('')
  return (
    <>
      <Bench sql={sql} onSql={setSql} messageId={detail} />
      <Table
        label="Rules"
        rows={rows}
        keyOf={({ name }) => name}
        empty="The template has no rule."
        columns={[
          {
            head: 'rule',
            cell: ({ name, sql: statement }) => (
              <button type="button" class="link" onClick={() => setSql(statement)}>
                {shortName(name)}
              </button>
            ),
          },
          { head: 'matched', cell: ({ matched }) => matched, isNumber: true },
          { head: 'executed', cell: ({ executed }) => executed, isNumber: true },
          { head: 'failed', cell: ({ failed }) => failed, isNumber: true },
          {
            head: 'statement',
            cell: ({ sql: statement, isDisabled }) => (
              <code title={statement}>
                {isDisabled && 'disabled: '}… {fromOf(statement)}
              </code>
            ),
          },
        ]}
      />
    </>
  )
}

/** Tries a statement on a captured message, with the engine of the runtime. */
function Bench({ sql, onSql, messageId }: { sql: string; onSql(sql: string): void; messageId: string | undefined }) {
  const path = messageId === undefined ? undefined : `/message?id=${encodeURIComponent(messageId)}`
  const { answer: message } = useAsked<MessageDetails | null>(path)
  const [topic, setTopic] = useState('')
  const [payload, setPayload] = useState('')
  const [result, setResult] = useState<string>()

  useEffect(() => {
    if (!message) return
    setTopic(message.topic)
    setPayload(message.payload.text ?? '')
    if (sql === '') onSql(`SELECT *, topic() AS topic, clientid() AS client FROM '${message.topic}'`)
  }, [message])

  async function run(): Promise<void> {
    const facts = message ? { clientId: message.clientId, payloadBase64: message.payload.base64 } : {}
    const given = {
      ...facts,
      id: 1,
      sql,
      topic,
      ...(message?.payload.base64 === undefined && { payloadText: payload }),
    }
    setResult(await ask<unknown>('/sql', given).then((answer) => JSON.stringify(answer, null, 2), String))
  }

  return (
    <form
      class="bench"
      onSubmit={(event) => {
        event.preventDefault()
        void run()
      }}
    >
      <label>
        Statement
        <textarea rows={3} value={sql} spellcheck={false} onInput={({ currentTarget }) => onSql(currentTarget.value)} />
      </label>
      <label>
        Topic
        <input type="text" value={topic} onInput={({ currentTarget }) => setTopic(currentTarget.value)} />
      </label>
      <label>
        Payload
        <textarea
          rows={4}
          value={payload}
          spellcheck={false}
          onInput={({ currentTarget }) => setPayload(currentTarget.value)}
        />
      </label>
      <button type="submit">Run</button>
      {result !== undefined && <pre aria-live="polite">{result}</pre>}
    </form>
  )
}

/** What the statements differ in. */
function fromOf(sql: string): string {
  const at = sql.search(/\bFROM\b/i)
  return at < 0 ? sql : sql.slice(at)
}
