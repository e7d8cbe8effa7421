import { notFound } from './connection.ts'
import { json, type Operation } from './operation.ts'
import { checkClientId, page } from './parameters.ts'

/** Of the session: also while its client is away. https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_ListSubscriptions.html */
export const listSubscriptions: Operation = {
  method: 'GET',
  path: /^\/connections\/([^/]+)\/subscriptions$/,
  actions: (_, clientId, arnPrefix) => [
    { action: 'iot:ListSubscriptions', resource: `${arnPrefix}:client/${clientId}` },
  ],
  run(request, clientId, { broker }) {
    checkClientId(clientId)
    const all = broker.subscriptionsOf(clientId)
    if (!all) throw notFound(clientId)
    const { items, nextToken } = page(request, all, ({ filter }) => filter)
    const subscriptions = items.map(({ filter, qos }) => ({ topicFilter: filter, qos }))
    return json(200, { subscriptions, nextToken })
  },
}
