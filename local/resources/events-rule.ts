import {
  busNameOf,
  compilePattern,
  DEFAULT_BUS,
  isInputPath,
  type RuleTarget,
  type TargetInput,
} from '../events/index.ts'
import { putOwned } from '../state/index.ts'
import type { JsonObject, JsonValue } from '../template/index.ts'
import { arn } from './context.ts'
import type { ResourceEmulator } from './emulator.ts'
import { ResourceError } from './errors.ts'
import { isObject, readProperties, requireText } from './properties.ts'

/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutTargets.html */
const MAX_TARGETS = 5
/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_RetryPolicy.html */
const RETRY_ATTEMPTS = { min: 0, max: 185 }
const EVENT_AGE_SECONDS = { min: 60, max: 86_400 }

const TARGET_SERVICES = ['lambda', 'sqs', 'states']
const TARGET_MEMBERS = [
  'Arn',
  'Id',
  'RoleArn',
  'Input',
  'InputPath',
  'InputTransformer',
  'RetryPolicy',
  'DeadLetterConfig',
]

/** AWS::Events::Rule with an event pattern. */
export const eventsRule: ResourceEmulator = {
  properties: {
    honoured: ['Name', 'EventBusName', 'EventPattern', 'State', 'Targets'],
    ignored: ['Description', 'Tags'],
    refused: ['RoleArn', 'ScheduleExpression'],
  },
  note: 'targets are functions, queues and state machines',
  create(request, context) {
    const properties = readProperties(request)
    const name = properties.optionalText('Name') ?? request.physicalName()
    const busName = busNameOf(properties.optionalText('EventBusName') ?? DEFAULT_BUS)
    const { buses, rules } = context.events.registry
    if (!buses.has(busName)) throw new TypeError(`rule ${name}: there is no event bus ${busName}`)
    const isDefault = busName === DEFAULT_BUS
    const ruleArn = arn(context, 'events', `rule/${isDefault ? '' : `${busName}/`}${name}`)
    const pattern = properties.object('EventPattern')
    const targets = properties.list('Targets').map((target) => readTarget(target, `rule ${name}`))
    if (targets.length > MAX_TARGETS) {
      throw new TypeError(`rule ${name}: expected at most ${MAX_TARGETS} targets, got ${targets.length}`)
    }
    const dispose = putOwned(rules, ruleArn, {
      name,
      arn: ruleArn,
      busName,
      pattern: JSON.stringify(pattern),
      matches: compilePattern(pattern),
      isEnabled: (properties.optionalText('State') ?? 'ENABLED') !== 'DISABLED',
      targets,
    })
    return { ref: isDefault ? name : `${busName}|${name}`, attributes: { Arn: ruleArn }, dispose }
  },
}

function readTarget(value: JsonValue, rule: string): RuleTarget {
  if (!isObject(value)) throw new TypeError(`${rule}: expected a target to be an object`)
  const id = requireText(rule, 'Id', value.Id)
  const of = `${rule}, target ${id}`
  const targetArn = requireText(of, 'Arn', value.Arn)
  const unknown = Object.keys(value).filter((member) => !TARGET_MEMBERS.includes(member))
  if (unknown.length > 0 || !TARGET_SERVICES.includes(targetArn.split(':')[2] ?? '')) {
    const what = unknown.length > 0 ? unknown.join(', ') : targetArn
    throw new ResourceError(
      'unsupported_here',
      `${of}: the local runtime has functions, queues and state machines as targets, not ${what}`,
    )
  }
  const retry = isObject(value.RetryPolicy) ? value.RetryPolicy : {}
  const deadLetter = isObject(value.DeadLetterConfig) ? value.DeadLetterConfig.Arn : undefined
  return {
    id,
    arn: targetArn,
    ...(value.RoleArn !== undefined && { roleArn: requireText(of, 'RoleArn', value.RoleArn) }),
    input: readInput(value, of),
    maximumRetryAttempts: within(of, 'MaximumRetryAttempts', retry.MaximumRetryAttempts, RETRY_ATTEMPTS),
    maximumEventAgeSeconds: within(of, 'MaximumEventAgeInSeconds', retry.MaximumEventAgeInSeconds, EVENT_AGE_SECONDS),
    ...(deadLetter !== undefined && { deadLetterArn: requireText(of, 'DeadLetterConfig.Arn', deadLetter) }),
  }
}

function readInput({ Input, InputPath, InputTransformer }: JsonObject, of: string): TargetInput {
  const given = [Input, InputPath, InputTransformer].filter((one) => one !== undefined)
  if (given.length > 1) throw new TypeError(`${of}: only one of Input, InputPath and InputTransformer may be given`)
  const path = (name: string, value: JsonValue | undefined) => {
    const text = requireText(of, name, value)
    if (isInputPath(text)) return text
    throw new ResourceError('unsupported_here', `${of}: the local runtime does not understand the path ${text}`)
  }
  if (Input !== undefined) return { constant: requireText(of, 'Input', Input) }
  if (InputPath !== undefined) return { path: path('InputPath', InputPath) }
  if (!isObject(InputTransformer)) return {}
  const { InputPathsMap = {}, InputTemplate } = InputTransformer
  const paths = isObject(InputPathsMap) ? Object.entries(InputPathsMap) : []
  return {
    transformer: {
      paths: Object.fromEntries(paths.map(([name, value]) => [name, path(`InputPathsMap.${name}`, value)])),
      template: requireText(of, 'InputTemplate', InputTemplate),
    },
  }
}

function within(
  of: string,
  name: string,
  value: JsonValue | undefined,
  { min, max }: { min: number; max: number },
): number {
  const number = Number(value ?? max)
  if (Number.isInteger(number) && number >= min && number <= max) return number
  throw new TypeError(`${of}: expected ${name} from ${min} to ${max}, got ${JSON.stringify(value)}`)
}
