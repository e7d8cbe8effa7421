import {
  ApiError,
  type ApiRequest,
  type ApiResponse,
  type RequiredAction,
  type ServiceHandler,
} from '../aws-api/index.ts'
import type { Broker } from '../broker/index.ts'

const TOPICS_PATH = '/topics/'

/**
 * The HTTP API of the message broker, signed for `iotdata`: Publish. Other operations are refused by name.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_Publish.html
 */
export function iotDataService(options: { broker: () => Broker; arnPrefix: string }): ServiceHandler {
  return {
    protocol: 'rest-json',
    accessDeniedCode: 'ForbiddenException',
    actionsFor: (request) => requiredActions(request, options.arnPrefix),
    async handle(request) {
      await publish(options.broker(), request)
      return json(200, { message: 'OK', traceId: request.requestId })
    },
  }
}

function requiredActions(request: ApiRequest, arnPrefix: string): RequiredAction[] {
  const topic = topicOf(request)
  const resource = `${arnPrefix}:topic/${topic}`
  const actions = [{ action: 'iot:Publish', resource }]
  if (request.query.get('retain') === 'true') actions.push({ action: 'iot:RetainPublish', resource })
  return actions
}

function topicOf({ method, path }: ApiRequest): string {
  if (method !== 'POST' || !path.startsWith(TOPICS_PATH)) {
    throw new ApiError(
      'UnknownOperationException',
      404,
      `the local runtime has no data-plane operation ${method} ${path}`,
    )
  }
  try {
    return decodeURIComponent(path.slice(TOPICS_PATH.length))
  } catch {
    throw invalid('expected a topic of percent-encoded UTF-8')
  }
}

function invalid(reason: string): ApiError {
  return new ApiError('InvalidRequestException', 400, reason)
}

async function publish(broker: Broker, request: ApiRequest): Promise<void> {
  const { query, headers, body } = request
  const header = (name: string) => (typeof headers[name] === 'string' ? headers[name] : undefined)
  const correlationData = header('x-amz-mqtt5-correlation-data')
  const qos = Number(query.get('qos') ?? 0)
  if (qos !== 0 && qos !== 1) throw invalid(`expected qos 0 or 1, got ${qos}`)
  const expiry = query.get('messageExpiry')
  if (expiry !== null && !/^\d+$/.test(expiry)) throw invalid(`expected messageExpiry in seconds, got ${expiry}`)
  try {
    await broker.publish({
      topic: topicOf(request),
      payload: body,
      qos,
      retain: query.get('retain') === 'true',
      properties: {
        responseTopic: query.get('responseTopic') ?? undefined,
        contentType: query.get('contentType') ?? undefined,
        correlationData: correlationData === undefined ? undefined : Buffer.from(correlationData, 'base64'),
        payloadFormatIndicator: header('x-amz-mqtt5-payload-format-indicator') === 'UTF8_DATA' ? true : undefined,
        messageExpiryInterval: expiry === null ? undefined : Number(expiry),
        userProperties: userProperties(header('x-amz-mqtt5-user-properties')),
      },
      principalId: request.caller.arn,
      sourceAddress: '127.0.0.1',
    })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'topic_invalid') throw invalid((error as Error).message)
    if (code === 'payload_too_large')
      throw new ApiError('RequestEntityTooLargeException', 413, (error as Error).message)
    throw error
  }
}

/** Base64 of a JSON list of objects with one property each. */
function userProperties(header: string | undefined): Record<string, string[]> | undefined {
  if (header === undefined) return undefined
  const properties: Record<string, string[]> = {}
  for (const [name, value] of propertyList(header).flatMap((one) => Object.entries(Object(one)))) {
    if (typeof value !== 'string') throw invalid(`expected user property ${name} to be text, got ${typeof value}`)
    properties[name] = [...(properties[name] ?? []), value]
  }
  return properties
}

function propertyList(header: string): unknown[] {
  try {
    const list: unknown = JSON.parse(Buffer.from(header, 'base64').toString('utf8'))
    if (Array.isArray(list)) return list
  } catch {
    // told below
  }
  throw invalid('expected user properties as base64 of a JSON list')
}

function json(status: number, body: unknown): ApiResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}
