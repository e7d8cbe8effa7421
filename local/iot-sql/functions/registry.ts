import { ENCODING_FUNCTIONS } from './encoding-functions.ts'
import { GENERATED_FUNCTIONS } from './generated-functions.ts'
import { MESSAGE_FUNCTIONS } from './message-functions.ts'
import type { SqlFunction } from './sql-function.ts'
import { TEXT_FUNCTIONS } from './text-functions.ts'
import { TYPE_FUNCTIONS } from './type-functions.ts'

/** All functions by their name in lower case. A new group is one file and one line here. */
export const FUNCTIONS: ReadonlyMap<string, SqlFunction> = new Map(
  [MESSAGE_FUNCTIONS, TEXT_FUNCTIONS, TYPE_FUNCTIONS, ENCODING_FUNCTIONS, GENERATED_FUNCTIONS]
    .flat()
    .map((definition) => [definition.name.toLowerCase(), definition]),
)

/** Functions of the language that have no definition yet. https://docs.aws.amazon.com/iot/latest/developerguide/iot-sql-functions.html */
export const FUNCTIONS_TO_COME: ReadonlySet<string> = new Set(
  `abs acos asin atan atan2 aws_lambda bitand bitnot bitor bitxor cast ceil chr cos cosh decode exp floor get get_dynamodb
  get_or_default get_registry_data get_secret get_thing_shadow indexof ln log lpad ltrim machinelearning_predict md2 md5 mod
  nanvl numbytes parse_time power rand regexp_matches regexp_replace regexp_substr remainder replace round rpad rtrim sha1
  sha224 sha256 sha384 sha512 sign sin sinh sourceip sqrt substring tan tanh time_to_epoch transform trim trunc`.split(
    /\s+/,
  ),
)
