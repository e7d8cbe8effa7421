import { useEffect, useState } from 'preact/hooks'
import { ask } from './server.ts'

export interface Asked<Answer> {
  answer: Answer | undefined
  error: string | undefined
}

/** What the server says to `path`, asked again every `everyMs` and whenever `version` changes. Undefined asks nothing. */
export function useAsked<Answer>(path: string | undefined, options: { everyMs?: number; version?: unknown } = {}) {
  const { everyMs, version } = options
  const [asked, setAsked] = useState<Asked<Answer> & { path?: string }>({ answer: undefined, error: undefined })

  useEffect(() => {
    if (path === undefined) return undefined
    let isOver = false
    const load = () =>
      ask<Answer>(path).then(
        (answer) => !isOver && setAsked({ answer, error: undefined, path }),
        (error: unknown) =>
          !isOver &&
          setAsked((before) => ({ ...before, error: error instanceof Error ? error.message : String(error) })),
      )
    void load()
    const timer = everyMs === undefined ? undefined : setInterval(load, everyMs)
    return () => {
      isOver = true
      clearInterval(timer)
    }
  }, [path, everyMs, version])

  // what was said to another question is no answer
  return asked.path === path ? asked : { answer: undefined, error: asked.error }
}
