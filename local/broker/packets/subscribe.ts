import type { ISubscribePacket, ISubscription } from 'mqtt-packet'
import { parseSharedSubscription, validateTopicFilter } from '#contract/topic-filter.ts'
import { type Client, observedConnection } from '../client.ts'
import { endClient, endForClientError, logDenial } from '../client-ending.ts'
import type { BrokerContext } from '../context.ts'
import { countSubscribed } from '../metering.ts'
import { formatReasonCode, REASON, SUBACK_FAILURE_V4 } from '../reason-codes.ts'
import { isRefusal, type Refusal, refusal } from '../refusal.ts'
import { isBasicIngestFilter } from '../routing/reserved-topics.ts'
import type { StoredSubscription } from '../sessions/session-store.ts'

type Granted = StoredSubscription & { wantsRetained: boolean }

/** A SUBSCRIBE: each filter is granted or refused by itself; then the retained messages of granted ones follow. */
export function handleSubscribe(context: BrokerContext, client: Client, packet: ISubscribePacket): void {
  const violation = findViolation(packet)
  if (violation) {
    endForClientError(context, client, violation.code, violation.reason)
    return
  }
  countSubscribed(context.count, packet)
  const answers = judgeAll(context, client, packet.subscriptions)
  const denied = answers.some((answer) => isRefusal(answer) && answer.code === REASON.notAuthorized)
  if (denied && client.protocolVersion === 4 && context.choices.deniedSubscribeV4 === 'disconnect') {
    endClient(context, client, { disconnectReason: 'AUTH_ERROR', reason: 'a SUBSCRIBE was denied' })
    return
  }
  if (context.choices.tooManySubscriptions === 'disconnect' && answers.some(isOverQuota)) {
    endForClientError(context, client, REASON.quotaExceeded, 'too many subscriptions')
    return
  }
  const granted = answers.filter((answer): answer is Granted => !isRefusal(answer))
  const { session } = client
  if (granted.length > 0) {
    const subscriptions = granted.map(({ filter, qos, noLocal }) => ({ filter, qos, noLocal }))
    context.sessions.subscribe(session, subscriptions)
  }
  client.send({
    cmd: 'suback',
    messageId: packet.messageId ?? 0,
    granted: answers.map((answer) => (isRefusal(answer) ? subackCode(client, answer) : answer.qos)),
  })
  for (const { filter, qos } of context.observer ? granted : []) {
    const { reason } = client.authorize('subscribe', filter)
    context.observer?.subscribed({ ...observedConnection(client), filter, qos, reason })
  }
  if (granted.length > 0) {
    const topics = granted.map(({ filter }) => filter)
    context.events.subscribed(client, topics)
    context.sessions.wakeShared(session)
  }
  for (const { filter, qos, wantsRetained } of granted) {
    // AWS IoT Core: a filter gets the retained message of the topic it equals; one with wildcards gets none.
    const message = wantsRetained ? context.retained.get(filter) : undefined
    if (message) context.router.deliverRetained(session, message, qos)
  }
}

/** What ends the connection. QoS 2 gets no SUBACK on AWS IoT Core. */
function findViolation({ subscriptions, properties }: ISubscribePacket): Refusal | undefined {
  if (subscriptions.length === 0) return refusal(REASON.protocolError, 'a SUBSCRIBE holds at least one filter, got 0')
  if (properties?.subscriptionIdentifier !== undefined) {
    return refusal(REASON.subscriptionIdentifiersNotSupported, 'subscription identifiers are not supported')
  }
  if (subscriptions.some(({ topic, nl }) => nl && topic.startsWith('$share/'))) {
    // OASIS MQTT 5.0, 3.8.3.1
    return refusal(REASON.protocolError, 'a shared subscription cannot be No Local')
  }
  if (subscriptions.some(({ qos }) => qos === 2)) {
    return refusal(REASON.qosNotSupported, 'a subscription has QoS 0 or 1, got 2')
  }
  return undefined
}

function isOverQuota(answer: Granted | Refusal): boolean {
  return isRefusal(answer) && answer.code === REASON.quotaExceeded
}

function judgeAll(context: BrokerContext, client: Client, asked: readonly ISubscription[]): (Granted | Refusal)[] {
  const { limits } = context
  const added = new Set<string>()
  return asked.map((subscription) => {
    const answer =
      asked.length > limits.maxFiltersPerSubscribe
        ? refusal(REASON.quotaExceeded, `a SUBSCRIBE holds at most ${limits.maxFiltersPerSubscribe} filters`)
        : judge(context, client, subscription, added)
    if (isRefusal(answer)) logRefusal(context, client, subscription.topic, answer)
    else if (!client.session.subscriptions.has(answer.filter)) added.add(answer.filter)
    return answer
  })
}

function judge(
  { limits, sessions }: BrokerContext,
  client: Client,
  { topic: filter, qos, nl: noLocal = false, rh: retainHandling = 0 }: ISubscription,
  added: ReadonlySet<string>,
): Granted | Refusal {
  const problem = validateTopicFilter(filter) ?? findReservedProblem(filter)
  if (problem) return refusal(REASON.topicFilterInvalid, problem)
  const known = client.session.subscriptions.has(filter)
  const count = client.session.subscriptions.size + added.size
  if (!known && !added.has(filter) && count >= limits.maxSubscriptionsPerConnection) {
    return refusal(
      REASON.quotaExceeded,
      `a connection has at most ${limits.maxSubscriptionsPerConnection} subscriptions`,
    )
  }
  const { allowed, reason } = client.authorize('subscribe', filter)
  if (!allowed) return refusal(REASON.notAuthorized, reason)
  const sharedProblem = sessions.findSharedProblem(client.session, filter)
  if (sharedProblem) return refusal(REASON.quotaExceeded, sharedProblem)
  // OASIS MQTT 5.0, 3.8.3.1. Retain As Published has no effect: only retained copies carry the flag on AWS IoT Core.
  const wantsRetained = retainHandling === 0 || (retainHandling === 1 && !known)
  return { filter, qos: qos === 1 ? 1 : 0, noLocal, wantsRetained }
}

function findReservedProblem(filter: string): string | undefined {
  if (filter === '$share') return 'a shared subscription reads $share/<group>/<filter>'
  const inner = parseSharedSubscription(filter)?.filter ?? filter
  return isBasicIngestFilter(inner) ? 'Basic Ingest goes to its rule alone; nobody can subscribe to it' : undefined
}

function logRefusal(context: BrokerContext, client: Client, filter: string, { code, reason }: Refusal): void {
  const { clientId } = client
  const reasonCode = subackCode(client, { code })
  context.observer?.subscribeRefused({ ...observedConnection(client), filter, reasonCode, reason })
  if (code === REASON.notAuthorized) {
    logDenial(context, clientId, { action: 'subscribe', name: filter, reason, reasonCode })
    return
  }
  const facts = { clientId, filter, reasonCode: formatReasonCode(reasonCode), reason }
  context.log({ level: 'warn', event: 'subscribe_refused', ...facts })
}

function subackCode({ protocolVersion }: Client, { code }: Pick<Refusal, 'code'>): number {
  return protocolVersion === 5 ? code : SUBACK_FAILURE_V4
}
