import { ApiError, contentType, operationOf, type RequiredAction, type ServiceHandler } from '../aws-api/index.ts'
import type { EventBridge } from './event-bridge.ts'
import { compilePattern } from './pattern/compile-pattern.ts'
import { PatternError } from './pattern/pattern-error.ts'
import { type PutEntry, putEntry } from './put-entry.ts'
import { busNameOf, DEFAULT_BUS } from './rules.ts'

type Body = Readonly<Record<string, unknown>>
type Operation = (body: Body, bridge: EventBridge) => Record<string, unknown>

/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
const MAX_ENTRIES = 10

const OPERATIONS: Readonly<Record<string, Operation>> = {
  PutEvents(body, bridge) {
    const entries = entriesOf(body)
    if (entries.length === 0 || entries.length > MAX_ENTRIES) {
      const message = `1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length between 1 and ${MAX_ENTRIES}`
      throw new ApiError('ValidationException', 400, message)
    }
    const results = entries.map((entry) => putEntry(entry, bridge))
    return { FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length, Entries: results }
  },
  TestEventPattern({ EventPattern, Event }) {
    try {
      return { Result: compilePattern(String(EventPattern))(JSON.parse(String(Event))) }
    } catch (error) {
      const message = error instanceof PatternError ? error.message : 'Parameter Event is not valid.'
      throw new ApiError(error instanceof PatternError ? error.code : 'ValidationException', 400, message)
    }
  },
  ListEventBuses: (_, { registry }) => ({
    EventBuses: [...registry.buses.values()].map(({ name, arn }) => ({ Name: name, Arn: arn })),
  }),
  ListRules({ EventBusName = DEFAULT_BUS }, { registry }) {
    const busName = busNameOf(String(EventBusName))
    const rules = [...registry.rules.values()].filter((rule) => rule.busName === busName)
    return {
      Rules: rules.map(({ name, arn, pattern, isEnabled }) => ({
        Name: name,
        Arn: arn,
        EventPattern: pattern,
        EventBusName: busName,
        State: isEnabled ? 'ENABLED' : 'DISABLED',
      })),
    }
  },
  ListTargetsByRule({ Rule, EventBusName = DEFAULT_BUS }, { registry }) {
    const busName = busNameOf(String(EventBusName))
    const found = [...registry.rules.values()].find((rule) => rule.busName === busName && rule.name === Rule)
    if (!found)
      throw new ApiError(
        'ResourceNotFoundException',
        400,
        `Rule ${String(Rule)} does not exist on EventBus ${busName}.`,
      )
    return {
      Targets: found.targets.map(({ id, arn, roleArn }) => ({
        Id: id,
        Arn: arn,
        ...(roleArn && { RoleArn: roleArn }),
      })),
    }
  },
}

export const EVENTS_OPERATIONS: readonly string[] = Object.keys(OPERATIONS)

/** EventBridge as a service of the local API server; requests are signed for `events`. */
export function eventsService(bridge: EventBridge, arnPrefix: string): ServiceHandler {
  const protocol = 'json1.1'
  return {
    protocol,
    actionsFor(request) {
      const operation = operationOf(request)
      const body = request.json()
      if (operation === 'PutEvents') return putActions(entriesOf(body), arnPrefix)
      const busName = busNameOf(String(body.EventBusName ?? DEFAULT_BUS))
      const rule =
        body.Rule === undefined
          ? '*'
          : `${arnPrefix}:rule/${busName === DEFAULT_BUS ? '' : `${busName}/`}${String(body.Rule)}`
      return [{ action: `events:${operation}`, resource: rule }]
    },
    async handle(request) {
      const operation = operationOf(request)
      if (!Object.hasOwn(OPERATIONS, operation)) {
        throw new ApiError(
          'UnknownOperationException',
          400,
          `the local runtime has no EventBridge operation ${operation}`,
        )
      }
      const answer = OPERATIONS[operation]?.(request.json(), bridge) ?? {}
      return { status: 200, headers: { 'content-type': contentType(protocol) }, body: JSON.stringify(answer) }
    },
  }
}

/** One for each kind of event on each bus, as the condition keys see them. */
function putActions(entries: readonly PutEntry[], arnPrefix: string): RequiredAction[] {
  const actions = entries.map(({ EventBusName, Source = '', DetailType = '' }) => ({
    action: 'events:PutEvents',
    resource: `${arnPrefix}:event-bus/${busNameOf(String(EventBusName ?? DEFAULT_BUS))}`,
    context: { 'events:source': String(Source), 'events:detail-type': String(DetailType) },
  }))
  return [...new Map(actions.map((action) => [JSON.stringify(action), action])).values()]
}

function entriesOf({ Entries }: Body): PutEntry[] {
  return Array.isArray(Entries) ? (Entries as PutEntry[]) : []
}
