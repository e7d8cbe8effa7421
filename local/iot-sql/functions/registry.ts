import { COLLECTION_FUNCTIONS } from './collection-functions.ts'
import { ENCODING_FUNCTIONS } from './encoding-functions.ts'
import { EXTERNAL_FUNCTIONS } from './external-functions.ts'
import { HASH_FUNCTIONS } from './hash-functions.ts'
import { MESSAGE_FUNCTIONS } from './message-functions.ts'
import { NUMBER_FUNCTIONS } from './number-functions.ts'
import { PATTERN_FUNCTIONS } from './pattern-functions.ts'
import type { SqlFunction } from './sql-function.ts'
import { TEXT_FUNCTIONS } from './text-functions.ts'
import { TIME_FUNCTIONS } from './time/time-functions.ts'

/**
 * All functions by their name in lower case, but for `cast` and `get_or_default`, which are syntax. A new group is one file
 * and one line here.
 */
export const FUNCTIONS: ReadonlyMap<string, SqlFunction> = new Map(
  [
    ...[MESSAGE_FUNCTIONS, NUMBER_FUNCTIONS, TEXT_FUNCTIONS, PATTERN_FUNCTIONS, COLLECTION_FUNCTIONS],
    ...[ENCODING_FUNCTIONS, HASH_FUNCTIONS, TIME_FUNCTIONS, EXTERNAL_FUNCTIONS],
  ]
    .flat()
    .map((definition) => [definition.name.toLowerCase(), definition]),
)
