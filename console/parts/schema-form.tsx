import { useState } from 'preact/hooks'

type Schema = Readonly<Record<string, unknown>>
type Fields = Record<string, unknown>

/** Fields for the properties of an object; what is no plain value, and what is no object at all, is written as JSON. */
export function SchemaForm(props: { schema: Schema; value: unknown; onValue(value: unknown): void }) {
  const { schema, value, onValue } = props
  const properties = schema.properties as Record<string, Schema> | undefined
  if (schema.type !== 'object' || !properties) return <JsonField name="Payload" value={value} onValue={onValue} />
  const fields = (value ?? {}) as Fields
  const required = (schema.required ?? []) as string[]
  return (
    <fieldset>
      <legend>Payload</legend>
      {Object.entries(properties).map(([name, field]) => (
        <Field
          key={name}
          name={required.includes(name) ? `${name} *` : name}
          schema={field}
          value={fields[name]}
          onValue={(next) => onValue(without({ ...fields, [name]: next }))}
        />
      ))}
    </fieldset>
  )
}

function Field(props: { name: string; schema: Schema; value: unknown; onValue(value: unknown): void }) {
  const { name, schema, value, onValue } = props
  const types = [schema.type].flat()
  const options = schema.enum as (string | null)[] | undefined
  if (options) {
    return (
      <label>
        {name}
        <select value={String(value ?? '')} onChange={({ currentTarget }) => onValue(currentTarget.value || undefined)}>
          <option value="">–</option>
          {options
            .filter((option) => option !== null)
            .map((option) => (
              <option key={option} value={option}>
                {option}
              </option>
            ))}
        </select>
      </label>
    )
  }
  if (types.includes('boolean')) {
    return (
      <label class="check">
        <input
          type="checkbox"
          checked={value === true}
          onChange={({ currentTarget }) => onValue(currentTarget.checked)}
        />
        {name}
      </label>
    )
  }
  if (types.includes('number') || types.includes('integer')) {
    return (
      <label>
        {name}
        <input
          type="number"
          step="any"
          value={value === undefined || value === null ? '' : String(value)}
          onInput={({ currentTarget }) => onValue(currentTarget.value === '' ? undefined : Number(currentTarget.value))}
        />
      </label>
    )
  }
  if (types.includes('string')) {
    return (
      <label>
        {name}
        <input
          type="text"
          value={value === undefined || value === null ? '' : String(value)}
          onInput={({ currentTarget }) => onValue(currentTarget.value === '' ? undefined : currentTarget.value)}
        />
      </label>
    )
  }
  return <JsonField name={name} value={value} onValue={onValue} />
}

function JsonField(props: { name: string; value: unknown; onValue(value: unknown): void }) {
  const { name, value, onValue } = props
  const [text, setText] = useState(value === undefined ? '' : JSON.stringify(value, null, 2))
  const [isWrong, setWrong] = useState(false)
  function change(next: string): void {
    setText(next)
    try {
      onValue(next === '' ? undefined : JSON.parse(next))
      setWrong(false)
    } catch {
      setWrong(true)
    }
  }
  return (
    <label>
      {name} (JSON)
      <textarea
        rows={4}
        spellcheck={false}
        value={text}
        aria-invalid={isWrong}
        onInput={({ currentTarget }) => change(currentTarget.value)}
      />
    </label>
  )
}

function without(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
