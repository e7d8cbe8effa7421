import type { UnsignedRequest } from '../aws-api/index.ts'
import type { Caller } from '../iam/index.ts'
import type { HttpApi, Stage } from './apis.ts'
import type { FoundRoute } from './find-route.ts'
import type { JwtCaller } from './jwt-authorizer.ts'

/** Bodies of these types reach a function as text, all others as base64. */
const TEXT_TYPES = /^(text\/.*|application\/(json|javascript|xml)|application\/[\w.-]+\+(json|xml))$/

export interface GatewayRequest extends UnsignedRequest {
  /** As sent, without the question mark. */
  readonly rawQuery: string
  readonly sourceIp: string
  readonly requestId: string
}

/** Who signed a request for IAM. */
export interface Signer {
  caller: Caller
  accessKeyId: string
}

/**
 * What a function is given, payload format 2.0.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function gatewayEvent(
  request: GatewayRequest,
  target: { api: HttpApi; stage: Stage; found: FoundRoute; rawPath: string; accountId: string; nowMs: number },
  signer: Signer | undefined,
  jwt: JwtCaller | undefined,
) {
  const { method, rawQuery, sourceIp, requestId } = request
  const { api, stage, found, rawPath, accountId, nowMs } = target
  const { routeKey } = found.route
  const headers = singleHeaders(request.headers)
  const cookies = (headers.cookie ?? '').split(/; */).filter(Boolean)
  const domainName = (headers.host ?? '').replace(/:\d+$/, '')
  const query = queryParameters(rawQuery)
  return {
    version: '2.0',
    routeKey,
    rawPath,
    rawQueryString: rawQuery,
    ...(cookies.length > 0 && { cookies }),
    headers: { ...headers, 'x-forwarded-for': sourceIp, 'x-forwarded-proto': 'http' },
    ...(query && { queryStringParameters: query }),
    requestContext: {
      accountId: signer || jwt ? accountId : 'anonymous',
      apiId: api.apiId,
      ...(signer && { authorizer: { iam: iamContext(signer, accountId) } }),
      ...(jwt && { authorizer: { jwt } }),
      domainName,
      domainPrefix: domainName.split('.')[0] ?? '',
      http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp, userAgent: headers['user-agent'] ?? '' },
      requestId,
      routeKey,
      stage: stage.name,
      time: commonLogTime(nowMs),
      timeEpoch: nowMs,
    },
    ...(Object.keys(found.pathParameters).length > 0 && { pathParameters: found.pathParameters }),
    ...(Object.keys(stage.variables).length > 0 && { stageVariables: { ...stage.variables } }),
    ...bodyOf(request.body, headers['content-type']),
  }
}

/** Values of one name are joined with commas. */
function singleHeaders(headers: UnsignedRequest['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(',') : value]],
    ),
  )
}

function queryParameters(rawQuery: string): Record<string, string> | undefined {
  if (rawQuery === '') return undefined
  const values: Record<string, string> = {}
  for (const [name, value] of new URLSearchParams(rawQuery)) {
    values[name] = name in values ? `${values[name]},${value}` : value
  }
  return values
}

/** For a session of a role, the id is that of the role and the session's name. */
function iamContext({ caller, accessKeyId }: Signer, accountId: string) {
  const id = caller.kind === 'role' ? `${caller.roleName}:${caller.arn.split('/').at(-1)}` : 'developer'
  return {
    accessKey: accessKeyId,
    accountId,
    callerId: id,
    cognitoIdentity: null,
    principalOrgId: null,
    userArn: caller.arn,
    userId: id,
  }
}

function bodyOf(body: Buffer, contentType = ''): { body?: string; isBase64Encoded: boolean } {
  if (body.length === 0) return { isBase64Encoded: false }
  const isText = TEXT_TYPES.test(contentType.split(';')[0]?.trim().toLowerCase() ?? '')
  return { body: body.toString(isText ? 'utf8' : 'base64'), isBase64Encoded: !isText }
}

/** `12/Mar/2020:19:03:58 +0000` */
function commonLogTime(nowMs: number): string {
  const [, day, month, year, time] = /^\w+, (\d+) (\w+) (\d+) ([\d:]+) GMT$/.exec(new Date(nowMs).toUTCString()) ?? []
  return `${day}/${month}/${year}:${time} +0000`
}
