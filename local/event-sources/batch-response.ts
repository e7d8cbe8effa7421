import type { JsonValue } from '../lambda/index.ts'

/**
 * Which items of a batch failed, after the response of a function that reports them: none for an empty list or no response; all for a
 * response that is none, or that names an item not in the batch.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
 */
export function failedItems(response: JsonValue, itemIds: readonly string[]): ReadonlySet<string> {
  if (response === null) return new Set()
  if (typeof response !== 'object' || Array.isArray(response)) return new Set(itemIds)
  const failures = response.batchItemFailures ?? []
  if (!Array.isArray(failures)) return new Set(itemIds)
  const named = failures.map((failure) =>
    failure !== null && typeof failure === 'object' && !Array.isArray(failure) ? failure.itemIdentifier : undefined,
  )
  const isKnown = (id: JsonValue | undefined): id is string => typeof id === 'string' && itemIds.includes(id)
  return named.every(isKnown) ? new Set(named) : new Set(itemIds)
}
