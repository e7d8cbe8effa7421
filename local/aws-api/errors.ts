/**
 * An error as an AWS service reports it: `code` is AWS's own name (`AccessDeniedException`), `fields` are further members of
 * the body. Thrown by service handlers and turned into the shape of their protocol by the server.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: string
  readonly statusCode: number
  readonly fields: Readonly<Record<string, unknown>>

  constructor(code: string, statusCode: number, message: string, fields: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.code = code
    this.statusCode = statusCode
    this.fields = fields
  }
}
