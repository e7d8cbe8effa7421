import type { IncomingHttpHeaders } from 'node:http'
import { ApiError } from './errors.ts'

export interface CredentialScope {
  readonly accessKeyId: string
  readonly region: string
  /** Name the request was signed for, for example `dynamodb` or `iotdata`. */
  readonly service: string
  readonly sessionToken?: string
}

const ALGORITHM = 'AWS4-HMAC-SHA256'
const CREDENTIAL = /(?:^|[\s,])Credential=([^\s,]+)/
// https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
const SCOPE = /^(?<accessKeyId>\w{16,128})\/(?<date>\d{8})\/(?<region>[\w-]+)\/(?<service>[\w-]+)\/aws4_request$/

/**
 * Reads who signed a request and for which service, from the `Authorization` header of Signature Version 4. The signature
 * itself is not verified. Throws ApiError MissingAuthenticationTokenException or IncompleteSignatureException (both 403).
 */
export function readCredentialScope(headers: IncomingHttpHeaders): CredentialScope {
  const { authorization } = headers
  if (authorization === undefined) {
    throw new ApiError('MissingAuthenticationTokenException', 403, 'Request is missing Authentication Token')
  }
  if (!authorization.startsWith(`${ALGORITHM} `)) {
    throw new ApiError('IncompleteSignatureException', 403, `Unsupported AWS 'algorithm': expected ${ALGORITHM}`)
  }
  const scope = SCOPE.exec(CREDENTIAL.exec(authorization)?.[1] ?? '')?.groups
  const { accessKeyId, region, service } = scope ?? {}
  if (accessKeyId === undefined || region === undefined || service === undefined) {
    const expected = '<access key>/<yyyymmdd>/<region>/<service>/aws4_request'
    throw new ApiError('IncompleteSignatureException', 403, `Credential must have the form ${expected}`)
  }
  const token = headers['x-amz-security-token']
  return { accessKeyId, region, service, ...(typeof token === 'string' ? { sessionToken: token } : {}) }
}
