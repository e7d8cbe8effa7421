import { ApiError, type ApiRequest, type ApiResponse, type ServiceHandler } from '../aws-api/index.ts'
import { type DurableExecutions, durableApi, refusing, resultOf } from '../durable/index.ts'
import {
  type FunctionReference,
  type FunctionVersions,
  type InvokeResult,
  type JsonValue,
  LambdaError,
  type LambdaErrorCode,
  type LambdaService,
  readFunctionReference,
} from '../lambda/index.ts'

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

export interface LambdaApiServices {
  lambda: Pick<LambdaService, 'invoke' | 'invokeAsync'>
  versions: Pick<FunctionVersions, 'resolve'>
  durable: DurableExecutions
}

/** The Lambda API: Invoke and what belongs to durable executions; requests are signed for `lambda`. Other operations are refused by name. */
export function lambdaApi(
  { lambda, versions, durable }: LambdaApiServices,
  account: { region: string; accountId: string },
): ServiceHandler {
  const executions = durableApi(durable, account)

  async function invoke(request: ApiRequest): Promise<ApiResponse> {
    const { functionName, qualifier } = referenceIn(request)
    const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse'
    const version = versions.resolve(functionName, qualifier)
    const isDurable = durable.find(functionName) !== undefined
    if (isDurable && qualifier === undefined) {
      const message = 'You cannot invoke a durable function using an unqualified ARN.'
      throw new ApiError('InvalidParameterValueException', 400, message)
    }
    // the caller may invoke it: that was checked before
    if (type === 'DryRun') return { status: 204, body: '' }
    const payload = payloadOf(request.body.toString('utf8'))
    if (isDurable)
      return invokeDurable(request, { functionName, qualifier, payload, version, isEvent: type === 'Event' })
    const functionArn = qualifier === undefined ? functionName : arnOf({ functionName, qualifier: version }, account)
    if (type === 'Event') {
      await lambda.invokeAsync(functionArn, payload)
      return { status: 202, body: '' }
    }
    return answer(await lambda.invoke(functionArn, payload), { 'x-amz-executed-version': version })
  }

  async function invokeDurable(
    request: ApiRequest,
    call: {
      functionName: string
      qualifier: string | undefined
      payload: JsonValue
      version: string
      isEvent: boolean
    },
  ): Promise<ApiResponse> {
    const { functionName, qualifier, payload, version, isEvent } = call
    const name = request.headers['x-amz-durable-execution-name']
    const kind = isEvent ? 'asynchronous' : 'synchronous'
    const start = {
      functionName,
      qualifier,
      kind,
      input: JSON.stringify(payload),
      requestId: request.requestId,
    } as const
    const execution = refusing(() => durable.start({ ...start, name: typeof name === 'string' ? name : undefined }))
    const headers = { 'x-amz-durable-execution-arn': execution.facts.arn, 'x-amz-executed-version': version }
    if (isEvent) return { status: 202, headers, body: '' }
    return answer(resultOf(await durable.whenClosed(execution)), headers)
  }

  return {
    protocol: 'rest-json',
    actionsFor(request) {
      const operation = executions.find(request)
      if (operation) return executions.actionsFor(operation)
      return [{ action: 'lambda:InvokeFunction', resource: arnOf(referenceIn(request), account) }]
    },
    async handle(request) {
      try {
        const operation = executions.find(request)
        return operation ? executions.handle(operation, request) : await invoke(request)
      } catch (error) {
        if (!(error instanceof LambdaError)) throw error
        const { code = error.code, status = 400 } = ERRORS[error.code] ?? {}
        throw new ApiError(code, status, error.message)
      }
    },
  }
}

function referenceIn(request: ApiRequest): FunctionReference {
  const [, text] = (request.method === 'POST' && INVOKE_PATH.exec(request.path)) || []
  const reference = text === undefined ? undefined : readFunctionReference(decodeURIComponent(text))
  if (reference) return { ...reference, qualifier: request.query.get('Qualifier') ?? reference.qualifier }
  const message = `the local runtime has no Lambda operation ${request.method} ${request.path}`
  throw new ApiError('UnknownOperationException', 404, message)
}

function arnOf(
  { functionName, qualifier }: Pick<FunctionReference, 'functionName' | 'qualifier'>,
  { region, accountId }: { region: string; accountId: string },
): string {
  const functionArn = `arn:aws:lambda:${region}:${accountId}:function:${functionName}`
  return qualifier === undefined ? functionArn : `${functionArn}:${qualifier}`
}

function answer({ payload, functionError }: InvokeResult, headers: Record<string, string>): ApiResponse {
  return {
    status: 200,
    headers: { ...headers, ...(functionError && { 'x-amz-function-error': functionError }) },
    body: JSON.stringify(payload),
  }
}

function payloadOf(text: string): JsonValue {
  try {
    return JSON.parse(text || 'null')
  } catch {
    throw new ApiError('InvalidRequestContentException', 400, 'Could not parse request body into json')
  }
}
