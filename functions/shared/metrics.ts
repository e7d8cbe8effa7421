/** All metrics of the functions stand in this namespace. Dimension: `service`, the function's name. */
export const METRICS_NAMESPACE = 'MqttCloudBridge'

/** What the functions count. */
export type MetricName =
  | 'RequestsAnswered'
  | 'RequestsRefused'
  | 'RequestsReplayed'
  | 'RequestsInFlight'
  | 'LeasesLost'
  | 'SystemFaults'
  | 'EventsRecorded'
  | 'ErrorsReported'
  | 'MessagesPublished'
  | 'ConnectionsAccepted'
  | 'ConnectionsRefused'
  | 'TokensIssued'
  | 'TokensRefused'
