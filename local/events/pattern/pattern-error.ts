/** What is wrong with an event pattern. */
export class PatternError extends Error {
  override readonly name = 'PatternError'
  readonly code = 'InvalidEventPatternException'

  constructor(reason: string) {
    super(`Event pattern is not valid. Reason: ${reason}`)
  }
}
