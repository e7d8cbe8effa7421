export const REQUEST_TOPIC = 'bench/request'
export const RESPONSE_TOPIC = 'bench/response'
/** Nobody subscribes to it. */
export const SINK_TOPIC = 'bench/sink'
