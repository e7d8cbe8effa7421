import { type ExplainInput, validateTopicFilter, validateTopicName } from '#contract/index.ts'
import { CommandError } from '../command-error.ts'

export const ACTIONS = ['connect', 'publish', 'subscribe', 'receive'] as const
type Action = (typeof ACTIONS)[number]

/** What is asked: `connect`, or another action and what it acts on. */
export interface Question {
  action: ExplainInput['action']
  /** Undefined for a connect. */
  name: string | undefined
}

/**
 * Reads `ACTION [NAME]`, also from behind the patterns of `--permissions`, which takes every word that follows it. Returns the patterns that are
 * left. Throws CommandError.
 */
export function readQuestion(
  words: readonly string[],
  permissions: readonly string[] | undefined,
  retain: boolean,
): { question: Question; permissions: readonly string[] | undefined } {
  const swallowedAt = words.length === 0 && permissions ? permissions.findLastIndex(isAction) : -1
  const [action = '', name] = swallowedAt < 0 ? words : (permissions?.slice(swallowedAt) ?? [])
  if (!isAction(action)) {
    const got = action === '' ? 'nothing' : action
    throw new CommandError('usage', 'invalid_argument', `expected one of ${ACTIONS.join(', ')}, got ${got}`)
  }
  if (action !== 'connect' && name === undefined) {
    throw new CommandError('usage', 'missing_argument', 'name a topic or filter after the action')
  }
  const problem = name === undefined || action === 'connect' ? undefined : problemOf(action, name)
  if (problem) throw new CommandError('usage', 'invalid_argument', `"${name}": ${problem}`)
  if (retain && action !== 'publish') throw new CommandError('usage', 'invalid_option', '--retain goes with publish')
  const left = swallowedAt < 0 ? permissions : permissions?.slice(0, swallowedAt)
  return {
    question: { action: retain ? 'retain' : action, name: action === 'connect' ? undefined : name },
    permissions: left?.length === 0 ? undefined : left,
  }
}

function problemOf(action: Action, name: string): string | undefined {
  return action === 'subscribe' ? validateTopicFilter(name) : validateTopicName(name)
}

function isAction(text: string): text is Action {
  return ACTIONS.some((action) => action === text)
}
