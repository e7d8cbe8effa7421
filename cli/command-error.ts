/** Ends a command: `failed` with exit code 1, `usage` (the words of the call are wrong) with 2. The code goes before the message. */
export class CommandError extends Error {
  readonly code: string
  readonly exitCode: 1 | 2

  constructor(kind: 'failed' | 'usage', code: string, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'CommandError'
    this.code = code
    this.exitCode = kind === 'usage' ? 2 : 1
  }
}

/** The code of any error: its own where it has one; an AWS SDK has its codes in the name. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unexpected'
  if ('code' in error && typeof error.code === 'string') return error.code
  return '$metadata' in error || error.name === 'CredentialsProviderError' ? error.name : 'unexpected'
}
