import { ApiError, type ApiRequest, type ApiResponse, type RequiredAction } from '../aws-api/index.ts'
import { readFunctionReference } from '../lambda/index.ts'
import { DurableError } from './durable-error.ts'
import type { DurableExecutions } from './durable-executions.ts'
import { withoutData } from './history.ts'
import { seconds } from './history-event.ts'
import type { ErrorObject, OperationUpdate } from './operation.ts'
import { pageOf, positionOf } from './pages.ts'
import { readCallbackId } from './tokens.ts'
import { describedOnWire, executionOnWire, operationOnWire } from './wire.ts'

interface Call {
  durable: DurableExecutions
  request: ApiRequest
  /** What stands in the path: an ARN, an id of a callback, a function. */
  subject: string
}

interface Operation {
  method: 'GET' | 'POST'
  path: RegExp
  run(call: Call): Record<string, unknown>
}

const EXECUTION = '^/2025-12-01/durable-executions/(.+)'
const CALLBACK = '^/2025-12-01/durable-execution-callbacks/([^/]+)'

/** https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html, those of durable executions; longer paths first. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  CheckpointDurableExecution: {
    method: 'POST',
    path: new RegExp(`${EXECUTION}/checkpoint$`),
    run({ durable, request, subject }) {
      const { CheckpointToken = '', ClientToken, Updates } = request.json()
      const { token, operations } = durable.checkpoint(subject, {
        token: String(CheckpointToken),
        clientToken: typeof ClientToken === 'string' ? ClientToken : undefined,
        updates: withoutNulls(Array.isArray(Updates) ? (Updates as OperationUpdate[]) : []),
      })
      return {
        ...(token !== undefined && { CheckpointToken: token }),
        NewExecutionState: { Operations: operations.map((operation) => operationOnWire(operation)) },
      }
    },
  },
  GetDurableExecutionState: {
    method: 'GET',
    path: new RegExp(`${EXECUTION}/state$`),
    run({ durable, request: { query }, subject }) {
      const { operations, nextMarker } = durable.state(subject, {
        token: query.get('CheckpointToken') ?? '',
        marker: query.get('Marker') ?? undefined,
        maxItems: maxItems(query),
      })
      return {
        Operations: operations.map((operation) => operationOnWire(operation)),
        ...(nextMarker !== undefined && { NextMarker: nextMarker }),
      }
    },
  },
  GetDurableExecutionHistory: {
    method: 'GET',
    path: new RegExp(`${EXECUTION}/history$`),
    run({ durable, request: { query }, subject }) {
      const count = pageOf(maxItems(query))
      const newestFirst = query.get('ReverseOrder') === 'true'
      const found = durable.history(subject, {
        after: positionOf(query.get('Marker') ?? undefined),
        newestFirst,
        count: count + 1,
      })
      const events = found.slice(0, count)
      const withData = query.get('IncludeExecutionData') !== 'false'
      return {
        Events: withData ? events : events.map(withoutData),
        ...(found.length > count && { NextMarker: String(events.at(-1)?.EventId) }),
      }
    },
  },
  StopDurableExecution: {
    method: 'POST',
    path: new RegExp(`${EXECUTION}/stop$`),
    run({ durable, request, subject }) {
      const { facts } = durable.stop(subject, errorIn(request))
      return { StopTimestamp: seconds(facts.endedAtMs ?? 0) }
    },
  },
  GetDurableExecution: {
    method: 'GET',
    path: new RegExp(`${EXECUTION}$`),
    run: ({ durable, request: { query }, subject }) =>
      describedOnWire(durable.describe(subject), query.get('IncludeExecutionData') !== 'false'),
  },
  ListDurableExecutionsByFunction: {
    method: 'GET',
    path: /^\/2025-12-01\/functions\/([^/]+)\/durable-executions$/,
    run: list,
  },
  SendDurableExecutionCallbackSuccess: {
    method: 'POST',
    path: new RegExp(`${CALLBACK}/succeed$`),
    run({ durable, request: { body }, subject }) {
      durable.succeed(subject, body.length === 0 ? undefined : body.toString('utf8'))
      return {}
    },
  },
  SendDurableExecutionCallbackFailure: {
    method: 'POST',
    path: new RegExp(`${CALLBACK}/fail$`),
    run({ durable, request, subject }) {
      durable.fail(subject, errorIn(request))
      return {}
    },
  },
  SendDurableExecutionCallbackHeartbeat: {
    method: 'POST',
    path: new RegExp(`${CALLBACK}/heartbeat$`),
    run({ durable, subject }) {
      durable.heartbeat(subject)
      return {}
    },
  },
}

export const DURABLE_OPERATIONS: readonly string[] = Object.keys(OPERATIONS)

/** The part of the Lambda API that is about durable executions. */
export function durableApi(durable: DurableExecutions, account: { region: string; accountId: string }) {
  const functionArn = (name: string) => `arn:aws:lambda:${account.region}:${account.accountId}:function:${name}`

  return {
    /** Undefined: the request is another one. */
    find(request: ApiRequest): { name: string; subject: string } | undefined {
      for (const [name, { method, path }] of Object.entries(OPERATIONS)) {
        const [, subject] = (request.method === method && path.exec(request.path)) || []
        if (subject !== undefined) return { name, subject: decodeURIComponent(subject) }
      }
      return undefined
    },
    /** https://docs.aws.amazon.com/lambda/latest/dg/durable-security.html */
    actionsFor({ name, subject }: { name: string; subject: string }): RequiredAction[] {
      const resource = name.includes('Callback')
        ? (readCallbackId(subject)?.arn ?? functionArn('*'))
        : name === 'ListDurableExecutionsByFunction'
          ? functionArn(readFunctionReference(subject)?.functionName ?? subject)
          : subject
      return [{ action: `lambda:${name}`, resource }]
    },
    handle({ name, subject }: { name: string; subject: string }, request: ApiRequest): ApiResponse {
      const answer = refusing(() => OPERATIONS[name]?.run({ durable, request, subject }) ?? {})
      return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(answer) }
    },
  }
}

/** Refusals of durable executions as the API tells them. */
export function refusing<Result>(work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    throw error instanceof DurableError ? new ApiError(error.code, error.statusCode, error.message) : error
  }
}

function list({ durable, request: { query }, subject }: Call): Record<string, unknown> {
  const reference = readFunctionReference(subject)
  const { functionName = '', qualifier } = reference ?? {}
  if (!durable.find(functionName)) {
    throw new DurableError('ResourceNotFoundException', `Function not found: ${subject}`)
  }
  const statuses = query.getAll('Statuses')
  if (statuses.length > 1) {
    throw new DurableError('InvalidParameterValueException', 'Cannot filter by more than one status')
  }
  const count = pageOf(maxItems(query))
  const found = durable.list({
    functionName,
    version: query.get('Qualifier') ?? qualifier,
    name: query.get('DurableExecutionName') ?? undefined,
    status: statuses[0],
    startedAfterMs: timeIn(query, 'StartedAfter'),
    startedBeforeMs: timeIn(query, 'StartedBefore'),
    oldestFirst: query.get('ReverseOrder') === 'true',
    after: positionOf(query.get('Marker') ?? undefined),
    count: count + 1,
  })
  const page = found.slice(0, count)
  return {
    DurableExecutions: page.map(({ facts }) => executionOnWire(facts)),
    ...(found.length > count && { NextMarker: String(page.at(-1)?.position) }),
  }
}

function maxItems(query: URLSearchParams): number | undefined {
  const text = query.get('MaxItems')
  if (text === null) return undefined
  const number = Number(text)
  if (Number.isInteger(number)) return number
  throw new ApiError('SerializationException', 400, `'${text}' can not be converted to Integer`)
}

function timeIn(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null) return undefined
  const ms = Date.parse(text)
  if (!Number.isNaN(ms)) return ms
  throw new ApiError('SerializationException', 400, `'${text}' can not be converted to Date`)
}

function errorIn(request: ApiRequest): ErrorObject | undefined {
  return request.body.length === 0 ? undefined : withoutNulls(request.json() as ErrorObject)
}

/** Members that are null are as good as missing. */
function withoutNulls<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value), (_, inner) => (inner === null ? undefined : inner))
}
