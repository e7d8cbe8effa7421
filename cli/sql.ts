import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Command } from 'commander'
import { isNestedTooDeep, MAX_CASE_LEVELS } from './case-line.ts'
import { CommandError, errorCode } from './command-error.ts'
import { type AnsweredCase, createAnswerer, createLineAnswerer, writeAnswer } from './sql/answer.ts'
import { readCase } from './sql/read-case.ts'
import { pretty, type Terminal } from './terminal.ts'

const STANDARD_INPUT = 0

const EXAMPLES = `
The payload comes from --payload, --payload-file, --payload-base64 or else from standard input. What the actions would get goes to standard
output, one line of JSON; why none runs to standard error. --batch reads one case a line,
  {"id","sql","topic","payload"|"payloadText"|"payloadBase64","clientId","mqtt5","ruleName","publishedVia","ruleAccount","clockMs","stubs",
   "template","sqlVersion","principal","sourceIp","traceId"}
and answers each with one line: {"id","outcome":"fire"|"filtered"|"no_match"|"error","result","template","error"}. "mqtt5" is {"contentType",
"formatIndicator","responseTopic","correlationData" (base64),"userProperties":[[key,value]]}; "publishedVia" is mqtt, basicIngest, http or
republish; "stubs" gives the answer of a function that asks outside, or "fails". A payload that is no JSON and passed on as it is comes as
base64 with "resultEncoding". The exit code is 1 when a statement is refused or fails, and in a batch when a line is no case.

Examples:
  npx bridge sql --sql "SELECT temp, topic(2) AS device FROM 'd/+/t' WHERE temp > 20" --topic d/lamp/t --payload '{"temp":21.5}'
  npx bridge sql --sql "SELECT * FROM 'a/b'" --topic a/b --template '\${topic()}/copy' < payload.json
  npx bridge sql --batch < cases.ndjson`

interface SqlOptions {
  sql?: string
  topic?: string
  payload?: string
  payloadFile?: string
  payloadBase64?: string
  clientId?: string
  mqtt5?: string
  stubs?: string
  clockMs?: string
  sqlVersion?: string
  template?: string
  batch?: boolean
  json?: boolean
}

/** `bridge sql`: what a topic rule's statement makes of a message, offline. */
export function sqlCommand(program: Command, terminal: Terminal): void {
  program
    .command('sql')
    .description("evaluate a topic rule's SQL statement for one message, or a batch of cases; works offline")
    .option('--sql <statement>', 'the statement')
    .option('--topic <topic>', 'the topic of the message')
    .option('--payload <text>', 'the payload')
    .option('--payload-file <file>', 'file with the payload; - is standard input')
    .option('--payload-base64 <base64>', 'the payload, for bytes that are no text')
    .option('--client-id <id>', 'who published it')
    .option('--mqtt5 <json>', 'properties of MQTT 5')
    .option('--stubs <json>', 'answers of functions that ask outside')
    .option('--clock-ms <ms>', 'what timestamp() gives, in milliseconds since 1970')
    .option('--sql-version <version>', '2016-03-23 (default), 2015-10-08 or beta')
    .option('--template <text>', 'a substitution template to evaluate too')
    .option('--batch', 'read cases from standard input, one JSON a line, and answer each with a line')
    .option('--json', 'the answer as one line of JSON, as in a batch')
    .addHelpText('after', EXAMPLES)
    .action((options: SqlOptions) => (options.batch ? answerBatch(terminal) : answerOne(options, terminal)))
}

async function answerBatch(terminal: Terminal): Promise<void> {
  const answer = createLineAnswerer()
  let lineNumber = 0
  let malformed = 0
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    lineNumber += 1
    if (line.trim() === '') continue
    const result = await answer(line, lineNumber)
    if (!result.isCase) malformed += 1
    terminal.result(result.line)
  }
  if (malformed > 0) throw new CommandError('failed', 'cases_malformed', `${malformed} lines are no case`)
}

async function answerOne(options: SqlOptions, terminal: Terminal): Promise<void> {
  const { sql, topic, clientId, sqlVersion, template, clockMs } = options
  if (sql === undefined || topic === undefined) {
    throw new CommandError('usage', 'missing_option', 'name --sql and --topic, or --batch')
  }
  const sqlCase = readCase(
    JSON.stringify({
      ...{ sql, topic, clientId, sqlVersion, template },
      clockMs: clockMs === undefined ? undefined : readMilliseconds(clockMs),
      mqtt5: readJson('--mqtt5', options.mqtt5),
      stubs: readJson('--stubs', options.stubs),
      payloadBase64: readPayload(options).toString('base64'),
    }),
  )
  show(await createAnswerer()(sqlCase), sql, options.json === true, terminal)
}

function readPayload({ payload, payloadFile, payloadBase64 }: SqlOptions): Buffer {
  if (payload !== undefined) return Buffer.from(payload)
  if (payloadBase64 !== undefined) return Buffer.from(payloadBase64, 'base64')
  if (payloadFile === undefined && process.stdin.isTTY) return Buffer.alloc(0)
  try {
    return readFileSync(payloadFile === undefined || payloadFile === '-' ? STANDARD_INPUT : payloadFile)
  } catch (cause) {
    const from = payloadFile ?? 'standard input'
    throw new CommandError('usage', 'file_unreadable', `cannot read ${from}: ${errorCode(cause)}`, { cause })
  }
}

function readMilliseconds(text: string): number {
  const ms = Number(text)
  if (Number.isFinite(ms) && text.trim() !== '') return ms
  throw new CommandError('usage', 'invalid_option', `--clock-ms: expected milliseconds since 1970, got ${text}`)
}

function readJson(option: string, text?: string): unknown {
  let value: unknown
  try {
    value = text === undefined ? undefined : JSON.parse(text)
  } catch (cause) {
    throw new CommandError('usage', 'invalid_option', `${option}: expected JSON`, { cause })
  }
  if (!isNestedTooDeep(value)) return value
  throw new CommandError('usage', 'invalid_option', `${option}: expected at most ${MAX_CASE_LEVELS} levels of nesting`)
}

function show({ answer, warnings }: AnsweredCase, sql: string, asJson: boolean, terminal: Terminal): void {
  const { colors, isPerson, note, result } = terminal
  for (const { code, line, column, reason } of warnings) note(colors.yellow(`${code}: ${line}:${column}: ${reason}`))
  if (asJson) result(writeAnswer(answer))
  else if (answer.outcome === 'fire') {
    const { output, template } = answer
    result(isPerson && output.text !== '' && !output.bytes ? pretty(output.output) : output.text)
    if (output.bytes) note('the payload is no JSON: passed on as it came, shown as base64')
    if (template !== undefined) result(template)
  } else if (answer.outcome !== 'error') {
    const reason = answer.outcome === 'filtered' ? 'WHERE is not true' : 'FROM does not match the topic'
    note(`${colors.yellow(answer.outcome)}: ${reason}; no action runs`)
  }
  if (answer.outcome !== 'error') return
  const { code, message, line, column } = answer.error
  if (line !== undefined && column !== undefined && !asJson) {
    note(`${sql.split(/\r\n|\n|\r/)[line - 1] ?? ''}\n${' '.repeat(column - 1)}${colors.red('^')}`)
  }
  throw new CommandError('failed', code, message)
}
