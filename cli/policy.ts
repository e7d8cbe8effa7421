import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Command } from 'commander'
import { isNestedTooDeep } from './case-line.ts'
import { CommandError, errorCode } from './command-error.ts'
import { type Answer, answerCase, createLineAnswerer } from './policy/answer.ts'
import { createDocumentCompiler, readCase } from './policy/read-case.ts'
import type { Terminal } from './terminal.ts'

const EXAMPLES = `
A resource is an ARN, or its end (topic/a/b, topicfilter/a/+, client/lamp), which is then taken to be in the region and account that the
policy names. --batch reads one case a line,
  {"id","policy"|"policies","context":{"clientId","thing":{"name","typeName","attributes","isAttached"},"certificate","connectAttributes",
   "lastWillTopic","sourceIp","domainName","authentication"},"request":{"action","resource"}}
and answers each with one line: {"id","expected":"allowed"|"denied","decision","statement"}, or {"id","line","error"}. Documents and statements are
counted from 0. The exit code is 0 for either decision, 1 when a line could not be answered.

Examples:
  npx bridge policy --policy-file policy.json --action iot:Publish --resource topic/a/b --client-id lamp
  npx bridge policy --policy-file a.json b.json --action Connect --resource client/lamp --context '{"thing":{"name":"lamp"}}'
  npx bridge policy --batch < cases.ndjson`

interface PolicyOptions {
  policyFile?: string[]
  action?: string
  resource?: string
  clientId?: string
  context?: string
  batch?: boolean
  json?: boolean
}

/** `bridge policy`: what IoT policy documents allow, offline. */
export function policyCommand(program: Command, terminal: Terminal): void {
  program
    .command('policy')
    .description('tell what AWS IoT policy documents allow, and by which statement; works offline')
    .option('--policy-file <files...>', 'policy documents')
    .option('--action <action>', 'for example iot:Publish')
    .option('--resource <resource>', 'ARN, or topic/…, topicfilter/…, client/…')
    .option('--client-id <id>', 'the client id of the connection')
    .option('--context <json>', 'what else is known of the connection, as in a case of --batch')
    .option('--batch', 'read cases from standard input, one JSON a line, and answer each with a line')
    .option('--json', 'one line of JSON')
    .addHelpText('after', EXAMPLES)
    .action((options: PolicyOptions) => (options.batch ? answerBatch(terminal) : answerOne(options, terminal)))
}

async function answerBatch(terminal: Terminal): Promise<void> {
  const answer = createLineAnswerer()
  let lineNumber = 0
  let errors = 0
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    lineNumber += 1
    if (line.trim() === '') continue
    const result = answer(line, lineNumber)
    if (result.isError) errors += 1
    terminal.result(result.line)
  }
  if (errors > 0) throw new CommandError('failed', 'cases_failed', `${errors} lines could not be answered`)
}

function answerOne(options: PolicyOptions, terminal: Terminal): void {
  const { policyFile = [], action, resource, clientId } = options
  if (policyFile.length === 0 || action === undefined || resource === undefined) {
    throw new CommandError('usage', 'missing_option', 'name --policy-file, --action and --resource, or --batch')
  }
  const context = { ...readContext(options.context), ...(clientId !== undefined && { clientId }) }
  const policies = policyFile.map(readPolicyFile)
  const policyCase = readCase({ policies, context, request: { action, resource } }, createDocumentCompiler())
  const answer = answerCase(policyCase)
  if (options.json) terminal.result(JSON.stringify(answer))
  else show(answer, policyFile, policyCase.request.resource, terminal)
}

function readContext(text = '{}'): object {
  try {
    const context: unknown = JSON.parse(text)
    const isObject = typeof context === 'object' && context !== null && !Array.isArray(context)
    if (isObject && !isNestedTooDeep(context)) return context
  } catch {
    // told below
  }
  throw new CommandError('usage', 'invalid_option', '--context: expected a JSON object')
}

function readPolicyFile(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new CommandError('usage', 'file_unreadable', `--policy-file: cannot read ${file}: ${errorCode(cause)}`, {
      cause,
    })
  }
}

function show(answer: Answer, files: readonly string[], resource: string, { colors, result }: Terminal): void {
  const { expected, decision, statement } = answer
  const facts = {
    decision,
    resource,
    ...(statement && {
      document: files[statement.document],
      statement: `${statement.index}${statement.sid === undefined ? '' : ` (${statement.sid})`}`,
    }),
  }
  result(expected === 'allowed' ? colors.green(expected) : colors.red(expected))
  for (const [fact, value] of Object.entries(facts)) result(`  ${colors.dim(fact.padEnd(10))} ${value}`)
}
