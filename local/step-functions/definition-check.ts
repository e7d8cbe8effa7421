import { StatesError } from './states-error.ts'

type Json = Readonly<Record<string, unknown>>

/** The resources that a task may have, by what follows `arn:aws:states:::`. */
export const TASK_RESOURCES = ['lambda:invoke', 'sqs:sendMessage', 'events:putEvents'] as const
export type TaskResource = (typeof TASK_RESOURCES)[number]

export const TOKEN_SUFFIX = '.waitForTaskToken'
const STATES_PREFIX = 'arn:aws:states:::'
const FUNCTION_ARN = /^arn:aws[a-z-]*:lambda:[\w-]+:\d{12}:function:[\w-]+(?::[\w$-]+)?$/

/** The longest time that a timer of Node takes, in seconds. */
export const MAX_TIMER_SECONDS = 2_147_483

/** Fields that the engine would not see: it would go on as if they were not there. */
const UNSEEN: Readonly<Record<string, string>> = {
  Arguments: 'JSONata',
  Assign: 'variables',
  Condition: 'JSONata',
  Credentials: 'roles of other accounts',
  HeartbeatSecondsPath: 'heartbeats from a path',
  ItemBatcher: 'batches of a distributed map',
  ItemReader: 'the reader of a distributed map',
  Items: 'JSONata',
  Label: 'distributed maps',
  Output: 'JSONata',
  ResultWriter: 'the writer of a distributed map',
  ToleratedFailureCount: 'distributed maps',
  ToleratedFailureCountPath: 'distributed maps',
  ToleratedFailurePercentage: 'distributed maps',
  ToleratedFailurePercentagePath: 'distributed maps',
}
export const UNSEEN_FIELDS: readonly string[] = Object.keys(UNSEEN)

/** Parts of the context object that the engine does not have, or has wrongly within a branch or an iteration. */
const CONTEXT = { everywhere: /^\$\$\.State\b/, nested: /^\$\$\.(?:Execution\.(?:Input|StartTime)|Map)\b/ }

/** What a task asks for: a function by its ARN, or one of the resources with or without a token. */
export interface ReadResource {
  resource: TaskResource
  /** Of the older form: the function itself, whose whole input and output are the state's. */
  functionArn?: string
  waitsForToken: boolean
}

/** Throws `InvalidDefinition` for a resource that is not emulated. */
export function readResource(text: string): ReadResource {
  if (FUNCTION_ARN.test(text)) return { resource: 'lambda:invoke', functionArn: text, waitsForToken: false }
  const waitsForToken = text.endsWith(TOKEN_SUFFIX)
  const name = text.slice(STATES_PREFIX.length, waitsForToken ? -TOKEN_SUFFIX.length : undefined)
  const resource = TASK_RESOURCES.find((one) => text.startsWith(STATES_PREFIX) && one === name)
  if (resource) return { resource, waitsForToken }
  throw refusal(`the local runtime has no task ${text}; it has functions, and ${TASK_RESOURCES.join(', ')}`)
}

/** Throws `InvalidDefinition` for whatever would be ignored, with the state and the field. */
export function checkDefinition(definition: unknown): void {
  if (!isObject(definition)) throw refusal('a definition is a JSON object')
  checkTimer(definition, 'TimeoutSeconds', 'the definition')
  checkMachine(definition, 'the definition', false)
}

function checkMachine(machine: Json, where: string, isNested: boolean): void {
  checkQueryLanguage(machine, where)
  if (!isObject(machine.States)) throw refusal(`${where}: expected States`)
  for (const [name, state] of Object.entries(machine.States)) {
    if (!isObject(state)) throw refusal(`state ${name}: expected an object`)
    checkState(state, `state ${name}`, isNested)
  }
}

function checkState(state: Json, where: string, isNested: boolean): void {
  checkQueryLanguage(state, where)
  const { Branches, ItemProcessor, Iterator, ...own } = state
  checkFields(own, where, isNested)
  for (const field of ['Seconds', 'TimeoutSeconds', 'HeartbeatSeconds']) checkTimer(state, field, where)
  if (state.Type === 'Task') checkTask(state, where)
  for (const inner of [Branches, ItemProcessor, Iterator].flat()) {
    if (!isObject(inner)) continue
    const { ProcessorConfig } = inner
    if (isObject(ProcessorConfig) && ProcessorConfig.Mode === 'DISTRIBUTED')
      throw unseen(where, 'Mode DISTRIBUTED', 'distributed maps')
    checkMachine(inner, where, true)
  }
}

function checkTask(state: Json, where: string): void {
  const { waitsForToken } = readResource(String(state.Resource))
  const mentionsToken = JSON.stringify(state.Parameters ?? {}).includes('$$.Task.Token')
  if (waitsForToken && !mentionsToken)
    throw refusal(`${where}: a task that waits for its token must pass $$.Task.Token on`)
  if (!waitsForToken && mentionsToken) throw refusal(`${where}: $$.Task.Token belongs to tasks with ${TOKEN_SUFFIX}`)
  if (state.HeartbeatSeconds !== undefined && !waitsForToken) {
    throw refusal(`${where}: HeartbeatSeconds belongs to tasks with ${TOKEN_SUFFIX}`)
  }
}

function checkFields(value: unknown, where: string, isNested: boolean): void {
  if (typeof value === 'string') checkText(value, where, isNested)
  if (Array.isArray(value)) for (const inner of value) checkFields(inner, where, isNested)
  if (!isObject(value)) return
  for (const [name, inner] of Object.entries(value)) {
    // what stands in Parameters is given on, whatever its name
    if (['Parameters', 'ItemSelector', 'ResultSelector', 'Result'].includes(name)) checkTexts(inner, where, isNested)
    else if (Object.hasOwn(UNSEEN, name)) throw unseen(where, name, UNSEEN[name] ?? '')
    else checkFields(inner, where, isNested)
  }
}

function checkTexts(value: unknown, where: string, isNested: boolean): void {
  if (typeof value === 'string') checkText(value, where, isNested)
  else if (value !== null && typeof value === 'object') {
    for (const inner of Object.values(value)) checkTexts(inner, where, isNested)
  }
}

function checkText(text: string, where: string, isNested: boolean): void {
  if (text.startsWith('{%')) throw unseen(where, text, 'JSONata')
  if (/^\$[A-Za-z_]/.test(text)) throw unseen(where, text, 'variables')
  if (CONTEXT.everywhere.test(text) || (isNested && CONTEXT.nested.test(text))) {
    throw unseen(where, text, 'this part of the context object here')
  }
}

function checkQueryLanguage({ QueryLanguage }: Json, where: string): void {
  if (QueryLanguage !== undefined && QueryLanguage !== 'JSONPath') {
    throw unseen(where, `QueryLanguage ${String(QueryLanguage)}`, 'JSONata')
  }
}

function checkTimer(of: Json, field: string, where: string): void {
  const value = of[field]
  if (typeof value === 'number' && value > MAX_TIMER_SECONDS) {
    throw refusal(`${where}: the local runtime takes ${field} up to ${MAX_TIMER_SECONDS}, got ${value}`)
  }
}

function unseen(where: string, field: string, what: string): StatesError {
  return refusal(`${where}: ${field}: the local runtime has no ${what} and would ignore it`)
}

function refusal(message: string): StatesError {
  return new StatesError('InvalidDefinition', message)
}

export function isObject(value: unknown): value is Json {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
