import { asJson, bridgeError, TOPIC_KEYS, topicDefinition } from '#contract/index.ts'
import { type BridgeRequest, deferTo, type Observer, type Routes } from '../shared/index.ts'
import type { WorkflowTarget } from './env.ts'
import type { StartExecution } from './start-execution.ts'

/**
 * One route for every topic of the contract that a workflow answers: it starts the execution and leaves the answer to it. Throws
 * workflow_unavailable.
 */
export function createStarterRoutes(options: {
  workflows: Readonly<Record<string, WorkflowTarget>>
  start: StartExecution
  observer: Observer
}): Routes {
  const { workflows, start, observer } = options
  const routes = TOPIC_KEYS.flatMap((key) => {
    const { workflow } = topicDefinition(key)
    if (!workflow) return []
    const route = async (request: BridgeRequest) => {
      const target = workflows[workflow]
      if (!target) throw bridgeError('workflow_unavailable', { workflow })
      const facts = request.answeredLater()
      await start(workflow, target, { request: facts, payload: asJson(request.payload) })
      observer.count('WorkflowsStarted', 1, { route: key })
      return deferTo(facts.execution, target.running_seconds)
    }
    return [[key, route] as const]
  })
  return Object.fromEntries(routes)
}
