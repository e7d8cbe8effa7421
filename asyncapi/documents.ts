import { asyncApiDocument } from './document.ts'
import { schemaFiles } from './schema-files.ts'
import { topicsPage } from './topics-page.ts'

/** Holds generated files alone. */
export const SCHEMAS_FOLDER = 'schemas'

/** What is generated below docs/, by path. */
export function documents(version: string): Record<string, string> {
  const schemas = Object.entries(schemaFiles()).map(([path, schema]) => [`${SCHEMAS_FOLDER}/${path}`, jsonText(schema)])
  return {
    'asyncapi.json': jsonText(asyncApiDocument({ version })),
    'TOPICS.md': topicsPage(),
    ...(Object.fromEntries(schemas) as Record<string, string>),
  }
}

/** A document as a file. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
