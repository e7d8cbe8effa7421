import { toText } from '../../values/convert.ts'
import { toInteger } from '../../values/numbers.ts'
import type { SqlValue } from '../../values/values.ts'
import { define, type SqlFunction } from '../sql-function.ts'
import { formatTime } from './format-time.ts'
import { loadJoda } from './joda.ts'

/** Milliseconds that a date of JavaScript can hold; beyond them nothing is formatted. */
const MAX_MS = 8.64e15

/** A pattern, a time or a zone that is none gives Undefined. */
export const TIME_FUNCTIONS: readonly SqlFunction[] = [
  define('parse_time', [2, 3], ([pattern, timestamp, zone = 'UTC']) => parseTime(pattern, timestamp, zone), {
    since: '2016-03-23',
  }),
  define('time_to_epoch', 2, ([text, pattern]) => timeToEpoch(text, pattern), { since: '2016-03-23' }),
]

function parseTime(pattern: SqlValue, timestamp: SqlValue, zone: SqlValue): SqlValue {
  const [text, ms] = [toText(pattern), toInteger(timestamp)]
  if (text === undefined || ms === undefined || Math.abs(ms) > MAX_MS || typeof zone !== 'string') return undefined
  try {
    const { Instant, ZoneId } = loadJoda()
    return formatTime(text, Instant.ofEpochMilli(ms).atZone(ZoneId.of(zone)))
  } catch {
    return undefined
  }
}

/** Patterns are those of JDK 11; a time without zone is UTC, a date without time its beginning. */
function timeToEpoch(text: SqlValue, pattern: SqlValue): SqlValue {
  if (typeof text !== 'string' || typeof pattern !== 'string') return undefined
  const { DateTimeFormatter, LocalTime, TemporalQueries, ZoneOffset, english } = loadJoda()
  try {
    const time = DateTimeFormatter.ofPattern(pattern).withLocale(english).parse(text)
    const date = time.query(TemporalQueries.localDate())
    if (date === null) return undefined
    const zone = time.query(TemporalQueries.zone()) ?? ZoneOffset.UTC
    const local = date.atTime(time.query(TemporalQueries.localTime()) ?? LocalTime.MIDNIGHT)
    return local.atZone(zone).toInstant().toEpochMilli()
  } catch {
    return undefined
  }
}
