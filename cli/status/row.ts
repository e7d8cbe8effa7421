import { apiProblem } from '../doctor/call-api.ts'
import type { Examination } from '../doctor/examination.ts'
import { Problem } from '../doctor/problems.ts'
import { Blocked } from '../doctor/run-checks.ts'

/** `unknown`: could not be asked, and so says nothing about the bridge. */
export type RowState = 'ok' | 'wrong' | 'unknown'

/** A line of the screen. */
export interface Row {
  readonly part: string
  readonly state: RowState
  readonly detail: string
}

/** What is asked for one part of the screen. */
export interface Question {
  readonly part: string
  /** Throws what the calls throw. */
  ask(examination: Examination): Promise<readonly Omit<Row, 'part'>[]>
}

/** What can go wrong with the asking, and not with what is asked about. */
const UNASKABLE = new Set([
  'api_denied',
  'api_failed',
  'credentials_missing',
  'credentials_refused',
  'service_unreachable',
])

/** Asks all at once. What could not be asked is told in its row, and never fails the rest. */
export async function askAll(questions: readonly Question[], examination: Examination): Promise<Row[]> {
  const answers = await Promise.all(
    questions.map(async ({ part, ask }) => {
      const rows = await ask(examination).catch((error: unknown) => [failedRow(part, error)])
      return rows.map((row) => ({ part, ...row }))
    }),
  )
  return answers.flat()
}

function failedRow(part: string, error: unknown): Omit<Row, 'part'> {
  if (error instanceof Blocked) return { state: 'unknown', detail: error.message }
  const problem = error instanceof Problem ? error : apiProblem(part, error)
  const state = UNASKABLE.has(problem.code) ? 'unknown' : 'wrong'
  return { state, detail: `${problem.message}; ${problem.advice}` }
}
