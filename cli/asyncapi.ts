import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Command, Option } from 'commander'
import { asyncApiDocument, jsonText, schemaFiles, VIEWS, type View } from '#asyncapi/index.ts'
import { DEFAULT_ROOT, ROOT_PATTERN } from '#contract/index.ts'
import { CommandError, errorCode } from './command-error.ts'
import type { Terminal } from './terminal.ts'

const EXAMPLES = `
The document goes to standard output. --schemas writes two folders: payloads/, each payload under its name, and messages/, with the envelope
around it; JSON Schema draft 7, each file for itself.

Examples:
  npx bridge asyncapi > asyncapi.json
  npx bridge asyncapi --view device --root garden
  npx bridge asyncapi --schemas schemas`

interface AsyncApiCommandOptions {
  root: string
  view: View
  schemas?: string
}

/** `bridge asyncapi`: the contract for tools and other languages. */
export function asyncApiCommand(program: Command, terminal: Terminal, projectFolder: string): void {
  program
    .command('asyncapi')
    .description('print the contract as an AsyncAPI 3 document, or write its JSON Schemas')
    .option('--root <root>', 'root of the topics', DEFAULT_ROOT)
    .addOption(new Option('--view <side>', 'whose sends and receives it describes').choices(VIEWS).default('bridge'))
    .option('--schemas <folder>', 'write JSON Schemas of all payloads and messages there instead')
    .addHelpText('after', EXAMPLES)
    .action(({ root, view, schemas }: AsyncApiCommandOptions) => {
      if (!ROOT_PATTERN.test(root)) {
        throw new CommandError('usage', 'invalid_option', `--root: expected ${ROOT_PATTERN.source}, got ${root}`)
      }
      if (schemas !== undefined) writeSchemas(schemas, terminal)
      else process.stdout.write(jsonText(asyncApiDocument({ version: versionOf(projectFolder), view, root })))
    })
}

function writeSchemas(folder: string, terminal: Terminal): void {
  const files = Object.entries(schemaFiles())
  try {
    for (const [path, schema] of files) {
      mkdirSync(join(folder, dirname(path)), { recursive: true })
      writeFileSync(join(folder, path), jsonText(schema))
    }
  } catch (cause) {
    const text = `--schemas: cannot write to ${folder}: ${errorCode(cause)}`
    throw new CommandError('failed', 'file_unwritable', text, { cause })
  }
  terminal.note(`${files.length} schemas written to ${folder}`)
}

function versionOf(projectFolder: string): string {
  return (JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as { version: string }).version
}
