const SEPARATOR = '#'

/**
 * Under what an event is stored. Lambda's queue now and then hands one event over twice, under one request id; a copy on purpose needs a
 * row of its own.
 */
export function deliveryId(requestId: string, copy: number): string {
  return copy === 0 ? requestId : `${requestId}${SEPARATOR}${copy}`
}

/** The request id as functions and destinations see it. */
export function requestIdOf(storedId: string): string {
  const [requestId = storedId] = storedId.split(SEPARATOR)
  return requestId
}
