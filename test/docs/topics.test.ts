import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { documents, SCHEMAS_FOLDER } from '#asyncapi/index.ts'
import { payloadName, REPLY_TOPIC, TOPIC_GUIDE, TOPIC_KEYS, topicDefinition } from '#contract/index.ts'
import { PROJECT_FOLDER, readDocument } from './markdown.ts'

const { version } = JSON.parse(readDocument('package.json')) as { version: string }
const written = documents(version)

test.each(Object.entries(written))(
  'docs/%s says what the contract says: npm run docs:topics writes it',
  (path, text) => {
    expect(readDocument(join('docs', path))).toBe(text)
  },
)

test('docs/schemas holds nothing that the contract does not have: npm run docs:topics removes it', () => {
  const files = readdirSync(join(PROJECT_FOLDER, 'docs', SCHEMAS_FOLDER), { recursive: true, encoding: 'utf8' })

  expect(
    files
      .filter((file) => file.endsWith('.json'))
      .map((file) => `${SCHEMAS_FOLDER}/${file}`)
      .sort(),
  ).toEqual(
    Object.keys(written)
      .filter((path) => path.startsWith(`${SCHEMAS_FOLDER}/`))
      .sort(),
  )
})

describe.each(TOPIC_KEYS)('the guide of %s', (key) => {
  const { payload } = topicDefinition(key)
  const guide = TOPIC_GUIDE[key]

  test('has a summary, and an example that the schema takes', () => {
    expect(guide.summary).toMatch(/\.$/)
    expect(payload.safeParse(guide.example).error?.issues).toBeUndefined()
  })

  test('has a payload with a name, under which its schema is found', () => {
    expect(key === REPLY_TOPIC ? 'any' : payloadName(payload)).toBeDefined()
  })
})

test.each(TOPIC_KEYS.filter((key) => topicDefinition(key).reply))(
  'the guide of %s shows a reply that the schema takes',
  (key) => {
    const guide = TOPIC_GUIDE[key]
    const shown = 'reply' in guide ? guide.reply : undefined

    expect(topicDefinition(key).reply?.payload.safeParse(shown).error?.issues).toBeUndefined()
  },
)
