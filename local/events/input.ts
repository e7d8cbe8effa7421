/** What of an event a target is given. At most one of the three; all of the event without. */
export interface TargetInput {
  /** JSON, whatever the event. */
  constant?: string | undefined
  path?: string | undefined
  transformer?: { paths: Readonly<Record<string, string>>; template: string } | undefined
}

export interface InputFacts {
  ruleArn: string
  ruleName: string
  /** When the event came to the bus, ISO 8601. */
  ingestedAt: string
}

const VARIABLE = /<([^<>\s]+)>/g
const STEP = /\.([^.[\]]+)|\['([^']+)'\]|\[(\d+)\]/y

/**
 * The text that a target is given, JSON unless a template says otherwise.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */
export function inputOf(event: unknown, { constant, path, transformer }: TargetInput, facts: InputFacts): string {
  if (constant !== undefined) return constant
  if (path !== undefined) return JSON.stringify(valueAt(event, path) ?? null)
  if (!transformer) return JSON.stringify(event)
  const values = new Map<string, unknown>([
    ['aws.events.rule-arn', facts.ruleArn],
    ['aws.events.rule-name', facts.ruleName],
    ['aws.events.event.ingestion-time', facts.ingestedAt],
    ['aws.events.event', withoutDetail(event)],
    ['aws.events.event.json', event],
    ...Object.entries(transformer.paths).map(([name, one]) => [name, valueAt(event, one)] as const),
  ])
  return transformer.template.replace(VARIABLE, (whole, name: string, offset: number) => {
    if (!values.has(name)) return whole
    const isQuoted = isInsideText(transformer.template, offset)
    return written(values.get(name), isQuoted)
  })
}

/** Whether the path is one that is understood here. */
export function isInputPath(path: string): boolean {
  return stepsOf(path) !== undefined
}

/** Inside quotes a text stands as it is, and everything else as its JSON without quotes that would end the text. */
function written(value: unknown, isQuoted: boolean): string {
  if (value === undefined) return isQuoted ? '' : '""'
  if (!isQuoted) return JSON.stringify(value)
  const text = typeof value === 'string' ? value : JSON.stringify(value).replaceAll('"', '')
  return JSON.stringify(text).slice(1, -1)
}

/** Whether a place of a template lies between quotes. */
function isInsideText(template: string, offset: number): boolean {
  let isInside = false
  for (let index = 0; index < offset; index += 1) {
    if (template.charAt(index) === '\\') index += 1
    else if (template.charAt(index) === '"') isInside = !isInside
  }
  return isInside
}

/** The value at a path such as `$.detail.items[0].name`; undefined where there is none. */
function valueAt(event: unknown, path: string): unknown {
  return stepsOf(path)?.reduce<unknown>(
    (value, step) =>
      value !== null && typeof value === 'object' && Object.hasOwn(value, step) ? Reflect.get(value, step) : undefined,
    event,
  )
}

function stepsOf(path: string): string[] | undefined {
  if (!path.startsWith('$')) return undefined
  const steps: string[] = []
  STEP.lastIndex = 1
  while (STEP.lastIndex < path.length) {
    const match = STEP.exec(path)
    if (!match) return undefined
    steps.push(match[1] ?? match[2] ?? match[3] ?? '')
  }
  return steps
}

function withoutDetail(event: unknown): unknown {
  const { detail: _, ...others } = event as Record<string, unknown>
  return others
}
