import { type BridgeError, ERRORS } from '#contract/index.ts'

/** An answer of a function behind an HTTP API, payload format 2.0. */
export interface HttpAnswer {
  statusCode: number
  headers: Record<string, string>
  body: string
}

/**
 * https://www.rfc-editor.org/rfc/rfc9457: `code` is that of docs/ERRORS.md; a system fault tells no more than its code. `further` are members
 * beside those of the standard.
 */
export function problem(
  error: BridgeError | undefined,
  requestId: string,
  options: { systemFault: string; further?: Readonly<Record<string, unknown>> },
): HttpAnswer {
  const {
    httpStatus: status,
    fault,
    retryable,
  } = error ? ERRORS[error.code] : { httpStatus: 500, fault: 'system', retryable: true }
  const body = {
    ...options.further,
    type: 'about:blank',
    title: error?.code.replaceAll('_', ' ') ?? 'internal error',
    status,
    detail: error && fault === 'user' ? error.message : options.systemFault,
    code: error?.code ?? 'internal',
    retryable,
    request_id: requestId,
  }
  return { statusCode: status, headers: noStore('application/problem+json'), body: JSON.stringify(body) }
}

export function answer(body: unknown, statusCode = 200, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return { statusCode, headers: { ...noStore('application/json'), ...headers }, body: JSON.stringify(body) }
}

function noStore(contentType: string): Record<string, string> {
  return { 'content-type': contentType, 'cache-control': 'no-store' }
}
