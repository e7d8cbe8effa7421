import { ApiError, contentType, operationOf, type RequiredAction, type ServiceHandler } from '../aws-api/index.ts'
import type { StatesExecution } from './execution-store.ts'
import { StatesError } from './states-error.ts'
import type { StepFunctions } from './step-functions.ts'

type Body = Readonly<Record<string, unknown>>
type Operation = (body: Body, states: StepFunctions) => Record<string, unknown> | Promise<Record<string, unknown>>

const PAGE_ITEMS = { default: 100, max: 1_000 }

// https://docs.aws.amazon.com/step-functions/latest/apireference/API_Operations.html
const OPERATIONS: Readonly<Record<string, Operation>> = {
  StartExecution(body, states) {
    const { arn, startedAtMs } = states.start(text(body, 'stateMachineArn'), {
      name: optionalText(body, 'name'),
      input: optionalText(body, 'input'),
    })
    return { executionArn: arn, startDate: startedAtMs / 1_000 }
  },
  DescribeExecution: (body, states) => described(states.describe(text(body, 'executionArn'))),
  ListExecutions(body, states) {
    const count = pageSize(body)
    const found = states.list(text(body, 'stateMachineArn'), {
      status: optionalText(body, 'statusFilter'),
      before: position(body),
      count: count + 1,
    })
    const page = found.slice(0, count)
    return {
      executions: page.map(({ execution }) => summary(execution)),
      ...(found.length > count && { nextToken: String(page.at(-1)?.position) }),
    }
  },
  GetExecutionHistory(body, states) {
    const count = pageSize(body)
    const found = states.history(text(body, 'executionArn'), {
      after: position(body),
      newestFirst: body.reverseOrder === true,
      count: count + 1,
    })
    const events = found.slice(0, count)
    return { events, ...(found.length > count && { nextToken: String(events.at(-1)?.id) }) }
  },
  async StopExecution(body, states) {
    const stopped = await states.stop(text(body, 'executionArn'), {
      error: optionalText(body, 'error'),
      cause: optionalText(body, 'cause'),
    })
    return { stopDate: (stopped.stoppedAtMs ?? 0) / 1_000 }
  },
  SendTaskSuccess(body, states) {
    states.endTask(text(body, 'taskToken'), { output: outputOf(text(body, 'output')) })
    return {}
  },
  SendTaskFailure(body, states) {
    const failure = {
      error: optionalText(body, 'error') ?? 'States.TaskFailed',
      cause: optionalText(body, 'cause') ?? '',
    }
    states.endTask(text(body, 'taskToken'), { failure })
    return {}
  },
  SendTaskHeartbeat(body, states) {
    states.heartbeat(text(body, 'taskToken'))
    return {}
  },
  ListStateMachines: (_, { machines }) => ({
    stateMachines: [...machines.values()].map(({ arn, name, createdAtMs }) => ({
      stateMachineArn: arn,
      name,
      type: 'STANDARD',
      creationDate: createdAtMs / 1_000,
    })),
  }),
}

export const STATES_OPERATIONS: readonly string[] = Object.keys(OPERATIONS)

/** Step Functions as a service of the local API server; requests are signed for `states`. */
export function statesService(states: StepFunctions): ServiceHandler {
  const protocol = 'json1.0'
  return {
    protocol,
    actionsFor(request): RequiredAction[] {
      const { stateMachineArn, executionArn } = request.json()
      const resource = stateMachineArn ?? executionArn
      return [{ action: `states:${operationOf(request)}`, resource: typeof resource === 'string' ? resource : '*' }]
    },
    async handle(request) {
      const operation = operationOf(request)
      if (!Object.hasOwn(OPERATIONS, operation)) {
        throw new ApiError(
          'UnknownOperationException',
          400,
          `the local runtime has no Step Functions operation ${operation}`,
        )
      }
      try {
        const answer = (await OPERATIONS[operation]?.(request.json(), states)) ?? {}
        return { status: 200, headers: { 'content-type': contentType(protocol) }, body: JSON.stringify(answer) }
      } catch (error) {
        throw error instanceof StatesError ? new ApiError(error.code, 400, error.message) : error
      }
    },
  }
}

function summary({
  arn,
  machineArn,
  name,
  status,
  startedAtMs,
  stoppedAtMs,
}: StatesExecution): Record<string, unknown> {
  return {
    executionArn: arn,
    stateMachineArn: machineArn,
    name,
    status,
    startDate: startedAtMs / 1_000,
    ...(stoppedAtMs !== undefined && { stopDate: stoppedAtMs / 1_000 }),
  }
}

function described(execution: StatesExecution): Record<string, unknown> {
  const { input, output, error, cause } = execution
  return {
    ...summary(execution),
    input,
    inputDetails: { included: true },
    ...(output !== undefined && { output, outputDetails: { included: true } }),
    ...(error !== undefined && { error }),
    ...(cause !== undefined && { cause }),
  }
}

function outputOf(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    throw new StatesError('InvalidOutput', `Invalid Output: 'SyntaxError'`)
  }
}

function pageSize({ maxResults }: Body): number {
  if (maxResults === undefined || maxResults === 0) return PAGE_ITEMS.default
  const count = Number(maxResults)
  if (Number.isInteger(count) && count > 0 && count <= PAGE_ITEMS.max) return count
  throw new StatesError('ValidationException', `maxResults: expected 0 to ${PAGE_ITEMS.max}, got ${String(maxResults)}`)
}

function position({ nextToken }: Body): number | undefined {
  if (nextToken === undefined) return undefined
  const value = Number(nextToken)
  if (Number.isInteger(value)) return value
  throw new StatesError('InvalidToken', `Invalid Token: '${String(nextToken)}'`)
}

function text(body: Body, name: string): string {
  const value = optionalText(body, name)
  if (value !== undefined) return value
  throw new StatesError(
    'ValidationException',
    `1 validation error detected: Value null at '${name}' failed to satisfy constraint: Member must not be null`,
  )
}

function optionalText(body: Body, name: string): string | undefined {
  const value = body[name] ?? undefined
  if (value === undefined || typeof value === 'string') return value
  throw new StatesError('ValidationException', `${name}: expected text, got ${typeof value}`)
}
