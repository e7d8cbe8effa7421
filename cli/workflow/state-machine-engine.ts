import {
  DescribeExecutionCommand,
  type ExecutionListItem,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  SFNClient,
} from '@aws-sdk/client-sfn'
import { functionName, type WorkflowName } from '#contract/index.ts'
import type { AwsSettings } from '../target.ts'
import type { Engine, Execution } from './execution.ts'
import { statesOfHistory } from './state-machine-steps.ts'

/** The most that one page may hold. */
const PAGE_ITEMS = 1_000

/** Executions of state machines, each named like the function that would run the workflow otherwise. */
export function createStateMachineEngine({ aws, stage }: { aws: AwsSettings; stage: string }): Engine {
  const stepFunctions = new SFNClient(aws)

  async function machineArn(workflow: WorkflowName): Promise<string | undefined> {
    let nextToken: string | undefined
    do {
      const page = await stepFunctions.send(new ListStateMachinesCommand(nextToken === undefined ? {} : { nextToken }))
      const found = page.stateMachines?.find(({ name }) => name === functionName(stage, workflow))
      if (found) return found.stateMachineArn
      nextToken = page.nextToken
    } while (nextToken !== undefined)
    return undefined
  }

  async function history(executionArn: string): Promise<HistoryEvent[]> {
    const events: HistoryEvent[] = []
    let nextToken: string | undefined
    do {
      const page = await stepFunctions.send(
        new GetExecutionHistoryCommand({
          executionArn,
          maxResults: PAGE_ITEMS,
          includeExecutionData: false,
          ...(nextToken !== undefined && { nextToken }),
        }),
      )
      events.push(...(page.events ?? []))
      nextToken = page.nextToken
    } while (nextToken !== undefined)
    return events
  }

  return {
    async list(workflow, { limit, status }) {
      const stateMachineArn = await machineArn(workflow)
      if (stateMachineArn === undefined) return undefined
      const statusFilter = status === 'STOPPED' ? 'ABORTED' : status
      const found: Execution[] = []
      let nextToken: string | undefined
      do {
        const page = await stepFunctions.send(
          new ListExecutionsCommand({
            stateMachineArn,
            maxResults: Math.min(PAGE_ITEMS, limit - found.length),
            ...(statusFilter && { statusFilter }),
            ...(nextToken !== undefined && { nextToken }),
          }),
        )
        found.push(...(page.executions ?? []).map((one) => executionOf(workflow, one)))
        nextToken = page.nextToken
      } while (nextToken !== undefined && found.length < limit)
      return found.slice(0, limit)
    },

    async show(workflow, name) {
      const stateMachineArn = await machineArn(workflow)
      if (stateMachineArn === undefined) return undefined
      const executionArn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`
      try {
        const [whole, events] = await Promise.all([
          stepFunctions.send(new DescribeExecutionCommand({ executionArn })),
          history(executionArn),
        ])
        const { input, error } = whole
        return { ...executionOf(workflow, whole), input, error, steps: statesOfHistory(events) }
      } catch (failure) {
        if ((failure as Error).name === 'ExecutionDoesNotExist') return undefined
        throw failure
      }
    },
  }
}

function executionOf(workflow: WorkflowName, execution: Partial<ExecutionListItem>): Execution {
  const { name = '', executionArn = '', status = 'RUNNING', startDate = new Date(0), stopDate } = execution
  return {
    workflow,
    engine: 'state machine',
    name,
    arn: executionArn,
    status: status === 'ABORTED' ? 'STOPPED' : status === 'PENDING_REDRIVE' ? 'FAILED' : status,
    startedAt: startDate,
    endedAt: stopDate,
  }
}
