import {
  type Event,
  GetDurableExecutionCommand,
  GetDurableExecutionHistoryCommand,
  LambdaClient,
  type Execution as LambdaExecution,
  ListDurableExecutionsByFunctionCommand,
} from '@aws-sdk/client-lambda'
import { functionName, type WorkflowName } from '#contract/index.ts'
import type { AwsSettings } from '../target.ts'
import { stepsOfHistory } from './durable-steps.ts'
import type { Engine, Execution } from './execution.ts'

/** What Lambda says to the name of a function that is not there, or is not durable. */
const NOT_DURABLE = ['ResourceNotFoundException', 'InvalidParameterValueException', 'ValidationException']
/** The most that one page may hold. */
const PAGE_ITEMS = 1_000

/** Executions of durable functions. */
export function createDurableEngine({ aws, stage }: { aws: AwsSettings; stage: string }): Engine {
  const lambda = new LambdaClient(aws)

  async function find(
    workflow: WorkflowName,
    options: { limit: number; status?: Execution['status'] | undefined; name?: string },
  ): Promise<Execution[] | undefined> {
    const found: Execution[] = []
    let marker: string | undefined
    try {
      do {
        const { DurableExecutions = [], NextMarker } = await lambda.send(
          new ListDurableExecutionsByFunctionCommand({
            FunctionName: functionName(stage, workflow),
            MaxItems: Math.min(PAGE_ITEMS, options.limit - found.length),
            ...(options.status && { Statuses: [options.status] }),
            ...(options.name !== undefined && { DurableExecutionName: options.name }),
            ...(marker !== undefined && { Marker: marker }),
          }),
        )
        found.push(...DurableExecutions.map((one) => executionOf(workflow, one)))
        marker = NextMarker
      } while (marker !== undefined && found.length < options.limit)
    } catch (error) {
      if (NOT_DURABLE.includes((error as Error).name)) return undefined
      throw error
    }
    return found.slice(0, options.limit)
  }

  async function history(arn: string): Promise<Event[]> {
    const events: Event[] = []
    let marker: string | undefined
    do {
      const page = await lambda.send(
        new GetDurableExecutionHistoryCommand({
          DurableExecutionArn: arn,
          IncludeExecutionData: true,
          MaxItems: PAGE_ITEMS,
          ...(marker !== undefined && { Marker: marker }),
        }),
      )
      events.push(...(page.Events ?? []))
      marker = page.NextMarker
    } while (marker !== undefined)
    return events
  }

  return {
    list: find,
    async show(workflow, name) {
      const [execution] = (await find(workflow, { limit: 1, name })) ?? []
      if (!execution) return undefined
      const { arn } = execution
      const [whole, events] = await Promise.all([
        lambda.send(new GetDurableExecutionCommand({ DurableExecutionArn: arn })),
        history(arn),
      ])
      const { InputPayload: input, Error: error } = whole
      return { ...execution, input, error: error?.ErrorType, steps: stepsOfHistory(events) }
    },
  }
}

function executionOf(workflow: WorkflowName, execution: LambdaExecution): Execution {
  const { DurableExecutionName, DurableExecutionArn, Status, StartTimestamp, EndTimestamp } = execution
  return {
    workflow,
    engine: 'durable function',
    name: DurableExecutionName ?? '',
    arn: DurableExecutionArn ?? '',
    status: Status ?? 'RUNNING',
    startedAt: StartTimestamp ?? new Date(0),
    endedAt: EndTimestamp,
  }
}
