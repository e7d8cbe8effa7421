import { isObject, MAX_TIMER_SECONDS, type ReadResource, readResource } from './definition-check.ts'

type Json = Readonly<Record<string, unknown>>

/** What is known of a task beside what the engine does with it. */
export interface TaskState extends ReadResource {
  name: string
  timeoutSeconds: number | undefined
  heartbeatSeconds: number | undefined
}

/**
 * A definition as the engine must have it, and its tasks. Time limits of tasks are ours: the engine ends every task after a minute that
 * has none, and does not know heartbeats. A ResultPath of `$` would be taken for a field of that name.
 */
export function engineDefinition(definition: unknown): { definition: unknown; tasks: TaskState[] } {
  const tasks: TaskState[] = []

  function machine(value: unknown): unknown {
    if (!isObject(value) || !isObject(value.States)) return value
    const states = Object.entries(value.States).map(([name, one]) => [name, isObject(one) ? state(name, one) : one])
    return { ...value, States: Object.fromEntries(states) }
  }

  function state(name: string, { ResultPath, ...given }: Json): unknown {
    const kept = ResultPath === undefined || ResultPath === '$' ? given : { ...given, ResultPath }
    const nested = Object.fromEntries(
      ['Branches', 'ItemProcessor', 'Iterator'].flatMap((field) => {
        const inner = given[field]
        if (inner === undefined) return []
        return [[field, Array.isArray(inner) ? inner.map(machine) : machine(inner)]]
      }),
    )
    return given.Type === 'Task' ? task(name, kept) : { ...kept, ...nested }
  }

  function task(name: string, { TimeoutSeconds, HeartbeatSeconds, ...kept }: Json): unknown {
    tasks.push({
      name,
      ...readResource(String(kept.Resource)),
      timeoutSeconds: typeof TimeoutSeconds === 'number' ? TimeoutSeconds : undefined,
      heartbeatSeconds: typeof HeartbeatSeconds === 'number' ? HeartbeatSeconds : undefined,
    })
    return kept.TimeoutSecondsPath === undefined ? { ...kept, TimeoutSeconds: MAX_TIMER_SECONDS } : kept
  }

  return { definition: machine(definition), tasks }
}
