/** Counts since the start of the service, named as the metrics of Lambda. https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html */
export interface FunctionCounters {
  invocations: number
  errors: number
  throttles: number
  asyncEventsReceived: number
  asyncEventsDropped: number
  destinationDeliveryFailures: number
  deadLetterErrors: number
}

/** Counters at zero. */
export function createFunctionCounters(): FunctionCounters {
  return {
    invocations: 0,
    errors: 0,
    throttles: 0,
    asyncEventsReceived: 0,
    asyncEventsDropped: 0,
    destinationDeliveryFailures: 0,
    deadLetterErrors: 0,
  }
}
