/** What the service itself has to say; never with a payload. */
export interface LogEntry {
  level: 'info' | 'warn' | 'error'
  code:
    | 'ENVIRONMENT_LOST'
    | 'EVENT_DELAYED'
    | 'EVENT_DROPPED'
    | 'EVENTS_WITHOUT_FUNCTION'
    | 'DELIVERY_RETRIED'
    | 'DELIVERY_FAILED'
    | 'STATE_FAILED'
  message: string
  functionName: string
  requestId?: string | undefined
}
