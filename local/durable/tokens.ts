import { randomBytes } from 'node:crypto'
import { invalid } from './durable-error.ts'
import type { ExecutionFacts } from './execution.ts'

/** What a function shows with its next checkpoint: each is good for one, within one invocation. */
export function checkpointToken({ arn, checkpoints }: ExecutionFacts, invocationId: string): string {
  return encode([arn, invocationId, checkpoints])
}

/** Throws `InvalidParameterValueException` unless the token is the one expected. */
export function checkToken(token: string, facts: ExecutionFacts, invocationId: string | undefined): void {
  const [arn] = decode(token)
  if (typeof arn === 'string' && arn !== facts.arn) throw foreignToken()
  if (invocationId !== undefined && token === checkpointToken(facts, invocationId)) return
  throw staleToken()
}

export const foreignToken = () => invalid('Checkpoint token is not valid for the durable execution ARN')

// By the beginning of this text the SDK knows that another invocation has taken over.
export const staleToken = () => invalid('Invalid Checkpoint Token')

/** Of one callback. Whoever has it may complete it, so it cannot be guessed. */
export function newCallbackId(arn: string, operationId: string): string {
  return encode([arn, operationId, randomBytes(12).toString('base64')])
}

/** Whose callback it is; undefined when it is no id of a callback. */
export function readCallbackId(id: string): { arn: string; operationId: string } | undefined {
  const [arn, operationId] = decode(id)
  return typeof arn === 'string' && typeof operationId === 'string' ? { arn, operationId } : undefined
}

function encode(parts: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64')
}

function decode(text: string): readonly unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64').toString('utf8'))
    return Array.isArray(parts) ? parts : []
  } catch {
    return []
  }
}
