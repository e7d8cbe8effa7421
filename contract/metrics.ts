/** All metrics of the functions stand in this namespace. */
export const METRICS_NAMESPACE = 'MqttCloudBridge'

/** What a metric is told apart by, beside `service`, the function's name, which is always one. Never a client id, never content. */
export type MetricDimension = 'route' | 'code'

interface MetricDefinition {
  readonly unit: 'Count' | 'Milliseconds' | 'Bytes'
  /** Sets of dimensions, beside `service`, by which CloudWatch adds up. A set of which a value is not known is left out. */
  readonly by: readonly (readonly MetricDimension[])[]
}

const ALONE = [[]] as const
const ROUTE = [['route']] as const
const CODE = [[], ['code']] as const

/**
 * The one table of the functions' metrics; prometheus-metrics.ts has those of device and edge. From it come what the functions write, the dashboard, the alarms and docs/RUNBOOK.md. `route` is the key of a topic,
 * `code` one of the table of errors.
 */
export const METRICS = {
  RequestsAnswered: { unit: 'Count', by: ROUTE },
  RequestsRefused: { unit: 'Count', by: [['route'], ['code']] },
  RequestsReplayed: { unit: 'Count', by: ROUTE },
  RequestsInFlight: { unit: 'Count', by: ROUTE },
  RequestsLate: { unit: 'Count', by: ROUTE },
  LeasesLost: { unit: 'Count', by: ROUTE },
  SystemFaults: { unit: 'Count', by: [[], ['route'], ['code']] },
  HandlerLatency: { unit: 'Milliseconds', by: ROUTE },
  ReplySize: { unit: 'Bytes', by: ROUTE },
  WorkflowsStarted: { unit: 'Count', by: ROUTE },
  WorkflowsAnswered: { unit: 'Count', by: ROUTE },
  WorkflowsReconciled: { unit: 'Count', by: ALONE },
  EventsAnnounced: { unit: 'Count', by: ALONE },
  EventsRecorded: { unit: 'Count', by: ALONE },
  ErrorsReported: { unit: 'Count', by: ALONE },
  MessagesPublished: { unit: 'Count', by: ALONE },
  EndToEndLatency: { unit: 'Milliseconds', by: ROUTE },
  OutcomesLate: { unit: 'Count', by: ROUTE },
  MessagesUndelivered: { unit: 'Count', by: ALONE },
  DeviceRequestsSent: { unit: 'Count', by: ALONE },
  DeviceRequestsOffline: { unit: 'Count', by: ALONE },
  DeviceRequestsRefused: { unit: 'Count', by: ALONE },
  AnswersStored: { unit: 'Count', by: ALONE },
  AnswersLate: { unit: 'Count', by: ALONE },
  AnswersRepeated: { unit: 'Count', by: ALONE },
  AnswersUnknown: { unit: 'Count', by: ALONE },
  AnswersInvalid: { unit: 'Count', by: ALONE },
  ProgressReported: { unit: 'Count', by: ALONE },
  WaitersGone: { unit: 'Count', by: ALONE },
  ConnectionsAccepted: { unit: 'Count', by: ALONE },
  ConnectionsRefused: { unit: 'Count', by: CODE },
  DecisionLatency: { unit: 'Milliseconds', by: ALONE },
  TokensIssued: { unit: 'Count', by: ALONE },
  TokensRefused: { unit: 'Count', by: CODE },
  ColdStarts: { unit: 'Count', by: ALONE },
} as const satisfies Readonly<Record<string, MetricDefinition>>

export type MetricName = keyof typeof METRICS

/** In words, for documents; no function carries them. */
export const METRIC_MEANINGS: Readonly<Record<MetricName, string>> = {
  RequestsAnswered: 'requests that a handler answered',
  RequestsRefused:
    'requests that were answered with an error of the sender; `correlation_conflict` and `deadline_exceeded` among the codes',
  RequestsReplayed: 'duplicates that got the stored reply',
  RequestsInFlight: 'duplicates that came while another attempt worked',
  RequestsLate: 'requests so late that nobody waits for an answer; dropped with a log line',
  LeasesLost: 'attempts that another one took over',
  SystemFaults: 'what the operator must mend',
  HandlerLatency: 'from the claim to the stored reply',
  ReplySize: 'bytes of a reply with its envelope',
  WorkflowsStarted: 'requests that started a workflow',
  WorkflowsAnswered: 'requests that a workflow answered with its result',
  WorkflowsReconciled: 'requests that were answered for a workflow that ended without a word',
  EventsAnnounced: 'events that the bus took',
  EventsRecorded: 'status messages, heartbeats and errors of devices that were taken',
  ErrorsReported: 'errors that devices reported',
  MessagesPublished: 'messages that the broker took from the publisher',
  EndToEndLatency: "from the broker's time of a request to its published reply",
  OutcomesLate: 'outcomes so late that nobody waits for them; dropped with a log line',
  MessagesUndelivered: 'messages for one device that it did not take',
  DeviceRequestsSent: 'requests of the cloud that were sent to a device',
  DeviceRequestsOffline: 'requests to a device that was not connected',
  DeviceRequestsRefused: 'requests to a device that were not valid, or not allowed',
  AnswersStored: 'answers of devices that were kept',
  AnswersLate: 'answers of devices after their deadline; dropped with a log line',
  AnswersRepeated: 'answers that a device sent again',
  AnswersUnknown: 'answers to what nobody asked',
  AnswersInvalid: 'answers that do not fit the contract',
  ProgressReported: 'messages of devices on how far they are',
  WaitersGone: 'outcomes for executions that had ended',
  ConnectionsAccepted: 'connects that the authorizer allowed',
  ConnectionsRefused: 'connects that it refused',
  DecisionLatency: 'time of one decision of the authorizer',
  TokensIssued: 'tokens that the token service gave out',
  TokensRefused: 'requests for tokens that it refused',
  ColdStarts: 'environments that a function began in',
}
