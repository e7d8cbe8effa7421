import type { ApiRequest, UnsignedRequest } from '../../aws-api/index.ts'
import type { Broker, CloudMessage } from '../../broker/index.ts'
import { fromBroker, invalid } from './errors.ts'
import { messageProperties } from './message-properties.ts'
import { json, type Operation } from './operation.ts'
import { flag } from './parameters.ts'

/** https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_Publish.html */
export const publish: Operation = {
  method: 'POST',
  path: /^\/topics\/(.*)$/s,
  actions: (request, topic, arnPrefix) => publishActions(request, topic, arnPrefix),
  async run(request, topic, { broker }) {
    await publishRequest(broker, request, topic, { principalId: request.caller.arn, sourceAddress: '127.0.0.1' })
    // the API reference shows an empty body, the guide this one
    return json(200, { message: 'OK', traceId: request.requestId })
  },
}

/** The rights that a publish over HTTP needs, whoever the caller is. */
export function publishActions(request: Pick<ApiRequest, 'query'>, topic: string, arnPrefix: string) {
  const resource = `${arnPrefix}:topic/${topic}`
  const actions = [{ action: 'iot:Publish', resource }]
  if (flag(request, 'retain')) actions.push({ action: 'iot:RetainPublish', resource })
  return actions
}

/** Publishes what a request holds. Throws ApiError InvalidRequestException and RequestEntityTooLargeException. */
export async function publishRequest(
  broker: Broker,
  request: Pick<UnsignedRequest, 'query' | 'headers' | 'body'>,
  topic: string,
  sender: Pick<CloudMessage, 'principalId' | 'sourceAddress'>,
): Promise<void> {
  const { query, body } = request
  const qos = Number(query.get('qos') ?? 0)
  if (qos !== 0 && qos !== 1) throw invalid(`expected qos 0 or 1, got ${query.get('qos')}`)
  const expiry = query.get('messageExpiry')
  if (expiry !== null && !/^\d+$/.test(expiry)) throw invalid(`expected messageExpiry in seconds, got ${expiry}`)
  const properties = {
    ...messageProperties(request),
    messageExpiryInterval: expiry === null ? undefined : Number(expiry),
  }
  const retain = flag(request, 'retain')
  try {
    await broker.publish({ topic, payload: body, qos, retain, properties, ...sender })
  } catch (error) {
    throw fromBroker(error)
  }
}
