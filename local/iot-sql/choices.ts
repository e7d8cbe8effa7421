/** What the documentation leaves open or contradicts. Each has one value here; the README lists why. */
export interface SqlChoices {
  /** Int by Int: the operator's table says Int, one example shows a fraction. */
  readonly intByInt: 'int' | 'decimal'
  /** A field of a payload that is no JSON: Undefined, so that such a payload can be filtered, or the end of the rule. */
  readonly fieldOfOtherPayload: 'undefined' | 'error'
  /** `indexof` of a text that does not occur. */
  readonly indexOfNothing: number | undefined
  /** Numbers that a function "rounds down", such as `cast(-1.5 AS Int)`. */
  readonly roundedDown: 'floor' | 'truncate'
  /** The name of an item without alias that is no path: its own text, as written. */
  readonly itemWithoutName: 'text' | 'refused'
  /** An item of an array literal that is Undefined. */
  readonly undefinedInArray: 'omitted' | 'null'
  /** Null in a substitution template. */
  readonly nullInTemplate: 'null' | ''
  /** `SELECT VALUE` of an array in version 2015-10-08: an array as the whole output is stated for 2016-03-23 only. */
  readonly arrayOutputInFirstVersion: 'undefined' | 'array'
  /** `transform('enrichArray')`: who wins where both have a member of the name. */
  readonly enrichedMember: 'object' | 'element'
}

export const DEFAULT_CHOICES: SqlChoices = {
  intByInt: 'int',
  fieldOfOtherPayload: 'undefined',
  indexOfNothing: -1,
  roundedDown: 'floor',
  itemWithoutName: 'text',
  undefinedInArray: 'omitted',
  nullInTemplate: 'null',
  arrayOutputInFirstVersion: 'undefined',
  enrichedMember: 'object',
}
