import { DEFAULT_RULES, readAction, readRule, scoreOf } from './rules.ts'

export interface Answer {
  status: number
  /** Absent: an empty body. */
  body?: unknown
}

export interface Api {
  answer(request: { method: string; path: string; body: unknown; idempotencyKey: string | undefined }): Answer
  /** How many POST requests had an effect. */
  effects(): number
}

const MAX_KEPT_ANSWERS = 10_000

/**
 * The routes, without HTTP. A POST under an `Idempotency-Key` that was used for the same path before gets the stored answer and has no second
 * effect; the last 10,000 keys are remembered.
 */
export function createApi(): Api {
  const rules = new Map(DEFAULT_RULES.map((rule) => [rule.name, rule]))
  const answers = new Map<string, Answer>()
  let effects = 0

  const routes: Readonly<Record<string, Readonly<Record<string, (body: unknown) => Answer>>>> = {
    '/public/health': { GET: () => ok({ status: 'ok', service: 'Jamey 3.0', version: '3.0.0' }) },
    '/public/effects': { GET: () => ok({ effects }) },
    '/rules': { GET: () => ok([...rules.values()]), POST: addRule },
    '/evaluate': { POST: evaluate },
  }

  function addRule(body: unknown): Answer {
    const rule = readRule(body)
    if (typeof rule === 'string') return refused(400, rule)
    rules.set(rule.name, rule)
    effects += 1
    return { status: 201 }
  }

  function evaluate(body: unknown): Answer {
    const action = readAction(body)
    if (action === undefined) return refused(400, 'action: expected 1 to 1000 characters')
    effects += 1
    return ok({ score: scoreOf(action, rules.values()), action })
  }

  function once(key: string, run: () => Answer): Answer {
    const stored = answers.get(key)
    if (stored) return stored
    const answer = run()
    const [oldest] = answers.keys()
    if (answers.size >= MAX_KEPT_ANSWERS && oldest !== undefined) answers.delete(oldest)
    answers.set(key, answer)
    return answer
  }

  return {
    answer({ method, path, body, idempotencyKey }) {
      const route = Object.hasOwn(routes, path) ? routes[path] : undefined
      if (!route) return refused(404, 'no such path')
      const run = Object.hasOwn(route, method) ? route[method] : undefined
      if (!run) return refused(405, `expected one of ${Object.keys(route).join(', ')}`)
      if (method !== 'POST' || idempotencyKey === undefined) return run(body)
      return once(`${path} ${idempotencyKey}`, () => run(body))
    },
    effects: () => effects,
  }
}

function ok(body: unknown): Answer {
  return { status: 200, body }
}

function refused(status: number, error: string): Answer {
  return { status, body: { error } }
}
