import { type Decision, evaluatePolicies } from '#local/iot-policy/index.ts'
import { idOfLine, parseCaseLine } from '../case-line.ts'
import { errorCode } from '../command-error.ts'
import { createDocumentCompiler, type PolicyCase, readCase } from './read-case.ts'

/** The answer to one case; `statement` is missing for an implicit deny, since no statement decided it. */
export interface Answer {
  readonly expected: 'allowed' | 'denied'
  readonly decision: Decision['decision']
  /** Positions count from 0. */
  readonly statement?: { readonly document: number; readonly index: number; readonly sid?: string }
}

export function answerCase({ policies, request }: PolicyCase): Answer {
  const { decision, statement } = evaluatePolicies(policies, request)
  const expected = decision === 'allowed' ? 'allowed' : 'denied'
  if (statement === undefined) return { expected, decision }
  const { policy, ...place } = statement
  return { expected, decision, statement: { document: Number(policy), ...place } }
}

/** Answers lines of NDJSON, one line each; a line that cannot be answered says its number, and why under `error`. */
export function createLineAnswerer(): (line: string, lineNumber: number) => { isError: boolean; line: string } {
  const compile = createDocumentCompiler()
  return (line, lineNumber) => {
    try {
      const value = parseCaseLine(line)
      const id = value !== null && typeof value === 'object' && 'id' in value ? value.id : undefined
      return { isError: false, line: JSON.stringify({ id, ...answerCase(readCase(value, compile)) }) }
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      const answer = { id: idOfLine(line), line: lineNumber, error: { code: errorCode(error), message } }
      return { isError: true, line: JSON.stringify(answer) }
    }
  }
}
