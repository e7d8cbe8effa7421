import { type BridgeError, ERRORS } from '#contract/index.ts'

/** An answer of a function behind an HTTP API, payload format 2.0. */
export interface HttpAnswer {
  statusCode: number
  headers: Record<string, string>
  body: string
}

/** https://www.rfc-editor.org/rfc/rfc9457: `code` is that of docs/ERRORS.md; a system fault tells no more than its code. */
export function problem(error: BridgeError | undefined, requestId: string): HttpAnswer {
  const {
    httpStatus: status,
    fault,
    retryable,
  } = error ? ERRORS[error.code] : { httpStatus: 500, fault: 'system', retryable: true }
  const body = {
    type: 'about:blank',
    title: error?.code.replaceAll('_', ' ') ?? 'internal error',
    status,
    detail: error && fault === 'user' ? error.message : 'the token service could not do it',
    code: error?.code ?? 'internal',
    retryable,
    request_id: requestId,
  }
  return { statusCode: status, headers: noStore('application/problem+json'), body: JSON.stringify(body) }
}

export function answer(body: Readonly<Record<string, unknown>>): HttpAnswer {
  return { statusCode: 200, headers: noStore('application/json'), body: JSON.stringify(body) }
}

function noStore(contentType: string): Record<string, string> {
  return { 'content-type': contentType, 'cache-control': 'no-store' }
}
