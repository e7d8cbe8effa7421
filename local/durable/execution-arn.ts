import { DurableError } from './durable-error.ts'

/** A durable execution is a sub-resource of a version of a function. */
export interface ExecutionArn {
  /** With the version. */
  functionArn: string
  functionName: string
  version: string
  name: string
  id: string
}

// https://docs.aws.amazon.com/lambda/latest/api/API_Execution.html
const PATTERN =
  /^(?<functionArn>arn:[a-zA-Z0-9-]+:lambda:[a-zA-Z0-9-]+:\d{12}:function:(?<functionName>[a-zA-Z0-9_-]+):(?<version>\$LATEST(?:\.PUBLISHED)?|[0-9]+))\/durable-execution\/(?<name>[a-zA-Z0-9_-]+)\/(?<id>[a-zA-Z0-9_-]+)$/
/** https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
const NAME = /^[a-zA-Z0-9_-]{1,64}$/

export function executionArn({ functionArn, name, id }: Pick<ExecutionArn, 'functionArn' | 'name' | 'id'>): string {
  return `${functionArn}/durable-execution/${name}/${id}`
}

/** Throws `ValidationException`. */
export function readExecutionArn(arn: string): ExecutionArn {
  const groups = PATTERN.exec(arn)?.groups
  if (groups) return { ...groups } as unknown as ExecutionArn
  throw new DurableError(
    'ValidationException',
    `1 validation error detected: Value '${arn}' at 'durableExecutionArn' failed to satisfy constraint: ` +
      `Member must satisfy regular expression pattern: ${PATTERN.source}`,
  )
}

/** Throws `ValidationException`. */
export function checkExecutionName(name: string): void {
  if (NAME.test(name)) return
  throw new DurableError(
    'ValidationException',
    `1 validation error detected: Value '${name}' at 'durableExecutionName' failed to satisfy constraint: ` +
      'Member must satisfy regular expression pattern: [a-zA-Z0-9-_]+ and have length between 1 and 64',
  )
}
