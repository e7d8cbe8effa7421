import { DurableError, invalid } from './durable-error.ts'
import { PAGE_ITEMS } from './limits.ts'

/** How many items a page has; 0 asks for the default. Throws `ValidationException`. */
export function pageOf(maxItems: number | undefined): number {
  if (maxItems === undefined || maxItems === 0) return PAGE_ITEMS.default
  if (Number.isInteger(maxItems) && maxItems >= 0 && maxItems <= PAGE_ITEMS.max) return maxItems
  const bound = maxItems < 0 ? 'greater than or equal to 0' : `less than or equal to ${PAGE_ITEMS.max}`
  throw new DurableError(
    'ValidationException',
    `1 validation error detected: Value '${maxItems}' at 'maxItems' failed to satisfy constraint: Member must have value ${bound}`,
  )
}

/** The position that a marker stands for. Throws `InvalidParameterValueException`. */
export function positionOf(marker: string | undefined): number | undefined {
  if (marker === undefined) return undefined
  const position = Number(marker)
  if (Number.isInteger(position) && position >= 0) return position
  throw invalid('Invalid Marker')
}
