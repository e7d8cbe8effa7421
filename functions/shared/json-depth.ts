/** What reads an envelope goes down it by recursion; deeper ones would end the call stack instead of being refused. */
export const MAX_ENVELOPE_LEVELS = 64

/** Level by level, since recursion is what depth breaks. */
export function isDeeperThan(json: unknown, limit: number): boolean {
  let level = [json]
  for (let depth = 0; depth <= limit; depth += 1) {
    level = level.flatMap((one) => (one !== null && typeof one === 'object' ? Object.values(one) : []))
    if (level.length === 0) return false
  }
  return true
}
