import type { DynamoDbResult } from './engine.ts'

export type DynamoDbErrorCode = 'TABLE_CHANGED' | 'TABLE_NOT_CREATED'

/** Why a table of the template cannot be had. */
export class DynamoDbError extends Error {
  override readonly name = 'DynamoDbError'
  readonly code: DynamoDbErrorCode

  constructor(code: DynamoDbErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

/** A ValidationException in DynamoDB's own shape. */
export function validationFailure(message: string): DynamoDbResult {
  return failure('com.amazon.coral.validate#ValidationException', message)
}

export function isFailure(result: DynamoDbResult, name: string): boolean {
  return result.status === 400 && result.body.includes(`#${name}"`)
}

function failure(type: string, message: string): DynamoDbResult {
  return { status: 400, body: JSON.stringify({ __type: type, message }) }
}
