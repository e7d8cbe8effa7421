export type { ApiCall } from './api-call.ts'
export type { Authorize } from './authorization.ts'
export { type CfnResponses, createCfnResponses, type ExpectedResponse } from './cfn-responses.ts'
export { readCredentialScope } from './credential-scope.ts'
export { contentType } from './error-response.ts'
export { ApiError } from './errors.ts'
export type { Log } from './log.ts'
export { isForLoopback } from './loopback-check.ts'
export { readBody } from './request-body.ts'
export { type ApiServer, type ApiServerOptions, createApiServer } from './server.ts'
export {
  type ApiRequest,
  type ApiResponse,
  operationOf,
  type Protocol,
  type RequiredAction,
  type Route,
  type ServiceHandler,
  type UnsignedRequest,
} from './service.ts'
