import { randomUUID } from 'node:crypto'
import { matchesTopic, validateTopicFilter } from '#contract/index.ts'
import {
  createRuleCompiler,
  type RuleFailure,
  type RuleMessage,
  type RuleOutput,
  SqlError,
  type SqlWarning,
} from '#local/iot-sql/index.ts'
import { idOfLine } from '../case-line.ts'
import { errorCode } from '../command-error.ts'
import { splitBasicIngest } from './basic-ingest.ts'
import { readCase, type SqlCase } from './read-case.ts'
import { stubbedFacts, stubbedFunctions, stubOf } from './stubs.ts'

export interface AnswerError {
  readonly code: string
  readonly message: string
  readonly line?: number
  readonly column?: number
}

export type Answer =
  | { readonly outcome: 'fire'; readonly output: RuleOutput; readonly template?: string | undefined }
  /** WHERE is not true, or FROM does not match the topic. */
  | { readonly outcome: 'filtered' | 'no_match' }
  | { readonly outcome: 'error'; readonly error: AnswerError }

export interface AnsweredCase {
  readonly answer: Answer
  readonly warnings: readonly SqlWarning[]
}

/** Any other way to publish is none of MQTT: no client id, no trace id. */
const BY_MQTT = /^(?:mqtt.*|basic.?ingest|wss?|web.?socket)$/i
const BY_BASIC_INGEST = /^basic.?ingest$/i
const BY_REPUBLISH = /^republish/i

/** Answers cases; the parser is built once for all of them. */
export function createAnswerer(): (sqlCase: SqlCase) => Promise<AnsweredCase> {
  let current: Pick<SqlCase, 'stubs'> = { stubs: {} }
  const compileRule = createRuleCompiler({
    newUuid: () => String(stubOf(current.stubs, 'newuuid') ?? randomUUID()),
    random: () => Number(stubOf(current.stubs, 'rand') ?? Math.random()),
  })

  return async (sqlCase) => {
    current = sqlCase
    const { sql, sqlVersion, ruleName, template, stubs } = sqlCase
    try {
      const rule = compileRule({ sql, version: sqlVersion, ruleName })
      const compiledTemplate = template === undefined ? undefined : rule.compileTemplate(template)
      const { warnings } = rule
      const topic = matchedTopic(sqlCase, rule.topicFilter)
      if (topic === undefined) return { answer: { outcome: 'no_match' }, warnings }
      const functions = stubbedFunctions(stubs)
      const message = messageOf(sqlCase, topic)
      const output = await rule.evaluateWith(functions, message)
      if (output.outcome === 'filtered') return { answer: output, warnings }
      if (output.outcome === 'error') return { answer: failed(output), warnings }
      const text = await compiledTemplate?.evaluateWith(functions, message)
      if (text?.outcome === 'error') return { answer: failed(text), warnings }
      return { answer: { outcome: 'fire', output, template: text?.text }, warnings }
    } catch (error) {
      return { answer: { outcome: 'error', error: describe(error) }, warnings: [] }
    }
  }
}

/** Answers a line of NDJSON with one; a line that is no case says why under `error`. */
export function createLineAnswerer(): (line: string, lineNumber: number) => Promise<{ isCase: boolean; line: string }> {
  const answerCase = createAnswerer()
  return async (line, lineNumber) => {
    let sqlCase: SqlCase
    try {
      sqlCase = readCase(line)
    } catch (error) {
      const answer = { id: idOfLine(line), line: lineNumber, outcome: 'error', error: describe(error) }
      return { isCase: false, line: JSON.stringify(answer) }
    }
    const { answer } = await answerCase(sqlCase)
    try {
      return { isCase: true, line: writeAnswer(answer, sqlCase.id) }
    } catch (error) {
      // one case never ends the batch
      return { isCase: true, line: writeAnswer({ outcome: 'error', error: describe(error) }, sqlCase.id) }
    }
  }
}

/** The answer as one line of JSON, its result with every digit. */
export function writeAnswer(answer: Answer, id?: unknown): string {
  if (answer.outcome !== 'fire') return JSON.stringify({ id, ...answer })
  const { output, template } = answer
  const result = output.text === '' || output.bytes !== undefined ? JSON.stringify(output.text) : output.text
  const more = { ...(output.bytes && { resultEncoding: 'base64' }), template }
  const head = JSON.stringify({ id, outcome: 'fire' }).slice(0, -1)
  return `${head},"result":${result}${JSON.stringify(more)
    .replace(/^\{(?=")/, ',')
    .replace(/^\{\}$/, '}')}`
}

/** The topic as the rule sees it; undefined if the message is none for the rule. */
function matchedTopic({ topic, ruleName, publishedVia }: SqlCase, filter: string | undefined): string | undefined {
  const { ruleName: ingestRule, visible } = splitBasicIngest(topic)
  if (ingestRule !== undefined && ingestRule !== ruleName && ruleName !== 'rule') return undefined
  const isIngest = ingestRule !== undefined || BY_BASIC_INGEST.test(publishedVia ?? '')
  if (filter === undefined) return isIngest ? visible : undefined
  const problem = validateTopicFilter(filter)
  if (problem !== undefined) throw new TypeError(`FROM '${filter}': ${problem}`)
  return matchesTopic(filter, visible) ? visible : undefined
}

function messageOf(sqlCase: SqlCase, topic: string): RuleMessage {
  const { payload, principal, sourceIp, ruleAccount, mqtt5, clockMs, stubs, publishedVia = 'mqtt' } = sqlCase
  const isMqtt = BY_MQTT.test(publishedVia)
  const isRepublished = BY_REPUBLISH.test(publishedVia)
  return {
    topic,
    payload,
    principal: isRepublished ? undefined : principal,
    timestampMs: clockMs ?? Date.now(),
    accountId: ruleAccount,
    mqtt5,
    ...stubbedFacts(stubs),
    clientId: isMqtt ? String(sqlCase.clientId ?? stubOf(stubs, 'clientid') ?? 'n/a') : 'n/a',
    sourceIp: isRepublished ? undefined : (sourceIp ?? stubbedFacts(stubs).sourceIp),
    traceId: isMqtt ? (sqlCase.traceId ?? stubbedFacts(stubs).traceId ?? randomUUID()) : undefined,
  }
}

function failed({ code, message }: RuleFailure): Answer {
  return { outcome: 'error', error: { code, message } }
}

function describe(error: unknown): AnswerError {
  const place = error instanceof SqlError ? { line: error.line, column: error.column } : {}
  const code = error instanceof TypeError ? 'INVALID_TOPIC_FILTER' : errorCode(error)
  return { code, message: error instanceof Error ? error.message : String(error), ...place }
}
