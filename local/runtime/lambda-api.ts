import { ApiError, type ApiRequest, type ServiceHandler } from '../aws-api/index.ts'
import { type JsonValue, LambdaError, type LambdaErrorCode, type LambdaService } from '../lambda/index.ts'

/** https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
const INVOKE_PATH = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/

/** What the API calls the service's errors, and their HTTP status; others are 400 under their own name. */
const ERRORS: Readonly<Partial<Record<LambdaErrorCode, { code?: string; status: number }>>> = {
  ResourceNotFoundException: { status: 404 },
  RequestEntityTooLarge: { code: 'RequestTooLargeException', status: 413 },
  TooManyRequestsException: { status: 429 },
  InitFailed: { code: 'ServiceException', status: 500 },
  ServiceException: { status: 500 },
  ServiceClosed: { code: 'ServiceException', status: 500 },
}

/** Invoke of the Lambda API; requests are signed for `lambda`. Other operations are refused by name. */
export function lambdaApi(lambda: LambdaService, account: { region: string; accountId: string }): ServiceHandler {
  const functionName = (request: ApiRequest): string => {
    const [, name] = (request.method === 'POST' && INVOKE_PATH.exec(request.path)) || []
    if (name !== undefined) return decodeURIComponent(name).split(':')[6] ?? decodeURIComponent(name)
    const text = `the local runtime has no Lambda operation ${request.method} ${request.path}`
    throw new ApiError('UnknownOperationException', 404, text)
  }
  return {
    protocol: 'rest-json',
    actionsFor: (request) => [
      {
        action: 'lambda:InvokeFunction',
        resource: `arn:aws:lambda:${account.region}:${account.accountId}:function:${functionName(request)}`,
      },
    ],
    async handle(request) {
      const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse'
      // the caller may invoke it: that was checked before
      if (type === 'DryRun') return { status: 204, body: '' }
      const payload = payloadOf(request.body.toString('utf8'))
      try {
        if (type === 'Event') {
          await lambda.invokeAsync(functionName(request), payload)
          return { status: 202, body: '' }
        }
        const result = await lambda.invoke(functionName(request), payload)
        const headers = {
          'x-amz-executed-version': '$LATEST',
          ...(result.functionError && { 'x-amz-function-error': result.functionError }),
        }
        return { status: 200, headers, body: JSON.stringify(result.payload) }
      } catch (error) {
        if (!(error instanceof LambdaError)) throw error
        const { code = error.code, status = 400 } = ERRORS[error.code] ?? {}
        throw new ApiError(code, status, error.message)
      }
    },
  }
}

function payloadOf(text: string): JsonValue {
  try {
    return JSON.parse(text || 'null')
  } catch {
    throw new ApiError('InvalidRequestContentException', 400, 'Could not parse request body into json')
  }
}
