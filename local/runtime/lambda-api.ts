import { ApiError, type ApiRequest, type ServiceHandler } from '../aws-api/index.ts'
import { LambdaError, type LambdaService } from '../lambda/index.ts'

/** https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
const INVOKE_PATH = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/

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
      const payload = JSON.parse(request.body.toString('utf8') || 'null')
      try {
        if (request.headers['x-amz-invocation-type'] === 'Event') {
          await lambda.invokeAsync(functionName(request), payload)
          return { status: 202, body: '' }
        }
        const result = await lambda.invoke(functionName(request), payload)
        const headers = result.functionError ? { 'x-amz-function-error': result.functionError } : {}
        return { status: 200, headers, body: JSON.stringify(result.payload) }
      } catch (error) {
        if (!(error instanceof LambdaError)) throw error
        throw new ApiError(error.code, error.code === 'ResourceNotFoundException' ? 404 : 400, error.message)
      }
    },
  }
}
