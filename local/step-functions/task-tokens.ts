import { randomBytes } from 'node:crypto'
import type { Clock } from '../state/index.ts'
import { StatesError } from './states-error.ts'
import { type Failure, TaskError } from './task-error.ts'

/** How a task that waited ended. */
export type TaskEnd = { output: unknown } | { failure: Failure }

interface Waiting {
  settle(end: TaskEnd): void
  heartbeat(): void
}

/** Tokens of tasks that wait for somebody outside, each good for one end. */
export interface TaskTokens {
  /** A new one, of which nobody knows yet whether it will be waited for. */
  issue(): string
  /** Waits until the token is answered. Its time limits begin now. */
  wait(token: string, limits: { heartbeatSeconds?: number | undefined }): { ended: Promise<TaskEnd>; forget(): void }
  /** Both throw `TaskDoesNotExist` and `TaskTimedOut`. */
  end(token: string, end: TaskEnd): void
  heartbeat(token: string): void
}

export function createTaskTokens(clock: Clock): TaskTokens {
  const waiting = new Map<string, Waiting>()
  /** Those that are over: told apart from those that never were. */
  const over = new Set<string>()

  function find(token: string): Waiting {
    const found = waiting.get(token)
    if (found) return found
    if (over.has(token)) throw new StatesError('TaskTimedOut', `Task Timed Out: 'Provided task does not exist anymore'`)
    throw new StatesError('InvalidToken', `Invalid Token: 'Invalid token'`)
  }

  return {
    issue: () => randomBytes(48).toString('base64url'),
    wait(token, { heartbeatSeconds }) {
      const { promise, resolve } = Promise.withResolvers<TaskEnd>()
      let cancel = () => {}
      const forget = () => {
        cancel()
        if (waiting.delete(token)) over.add(token)
      }
      const settle = (end: TaskEnd) => {
        forget()
        resolve(end)
      }
      const heartbeat = () => {
        if (heartbeatSeconds === undefined) return
        cancel()
        cancel = clock.after(heartbeatSeconds * 1_000, () =>
          settle({ failure: { error: 'States.HeartbeatTimeout', cause: `no heartbeat within ${heartbeatSeconds} s` } }),
        )
      }
      waiting.set(token, { settle, heartbeat })
      heartbeat()
      return { ended: promise, forget }
    },
    end: (token, end) => find(token).settle(end),
    heartbeat: (token) => find(token).heartbeat(),
  }
}

/** The token among those issued that stands in what a task is given. */
export function tokenIn(input: unknown, issued: ReadonlySet<string>): string {
  const [token] = textsIn(input).filter((text) => issued.has(text))
  if (token !== undefined) return token
  throw new TaskError('States.Runtime', 'the task waits for its token and was not given it')
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (value === null || typeof value !== 'object') return []
  return Object.values(value).flatMap(textsIn)
}
