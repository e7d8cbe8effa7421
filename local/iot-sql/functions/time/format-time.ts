import type { ZonedDateTime } from '@js-joda/core'
import { loadJoda } from './joda.ts'
import { offsetOf } from './offset.ts'
import { zoneName } from './zone-name.ts'

/** A run of one letter, a text in quotes, or anything else. */
const PART = /([A-Za-z])\1*|'((?:[^']|'')*)'|[^A-Za-z']+/gy

const monthName = new Intl.DateTimeFormat('en-US', { month: 'long', timeZone: 'UTC' })
const dayName = new Intl.DateTimeFormat('en-US', { weekday: 'long', timeZone: 'UTC' })

type Field = (time: ZonedDateTime, letters: number) => string

/**
 * Letters of a Joda-Time pattern. js-joda itself formats the patterns of the JDK, which differ.
 * https://www.joda.org/joda-time/apidocs/org/joda/time/format/DateTimeFormat.html
 */
const FIELDS: Readonly<Record<string, Field>> = {
  G: (time) => (time.year() > 0 ? 'AD' : 'BC'),
  C: number((time) => Math.floor(yearOfEra(time) / 100)),
  Y: year(yearOfEra),
  y: year((time) => time.year()),
  x: year(weekYear),
  w: number((time) => time.get(loadJoda().IsoFields.WEEK_OF_WEEK_BASED_YEAR)),
  e: number((time) => time.dayOfWeek().value()),
  E: name((time) => dayName.format(epochMs(time))),
  D: number((time) => time.dayOfYear()),
  M: (time, letters) =>
    (letters >= 3 ? name((one) => monthName.format(epochMs(one))) : number((one) => one.monthValue()))(time, letters),
  d: number((time) => time.dayOfMonth()),
  a: (time) => (time.hour() < 12 ? 'AM' : 'PM'),
  K: number((time) => time.hour() % 12),
  h: number((time) => time.hour() % 12 || 12),
  H: number((time) => time.hour()),
  k: number((time) => time.hour() || 24),
  m: number((time) => time.minute()),
  s: number((time) => time.second()),
  S: (time, letters) => String(time.nano()).padStart(9, '0').padEnd(letters, '0').slice(0, letters),
  z: (time, letters) => zoneName(time, letters >= 4 ? 'long' : 'short'),
  Z: (time, letters) => (letters >= 3 ? time.zone().id() : offsetOf(time, letters === 2 ? ':' : '')),
}

/** The time in a pattern of Joda-Time; undefined for a pattern that is none. */
export function formatTime(pattern: string, time: ZonedDateTime): string | undefined {
  let result = ''
  let end = 0
  for (const match of pattern.matchAll(PART)) {
    const [part, letter, quoted] = match
    end = match.index + part.length
    if (letter === undefined) {
      result += quoted === undefined ? part : quoted === '' ? "'" : quoted.replaceAll("''", "'")
      continue
    }
    const field = Object.hasOwn(FIELDS, letter) ? FIELDS[letter] : undefined
    if (field === undefined) return undefined
    result += field(time, part.length)
  }
  return end === pattern.length ? result : undefined
}

function number(valueIn: (time: ZonedDateTime) => number): Field {
  return (time, letters) => String(valueIn(time)).padStart(letters, '0')
}

/** Two letters are the last two digits. */
function year(valueIn: (time: ZonedDateTime) => number): Field {
  return (time, letters) => {
    const value = valueIn(time)
    if (letters === 2) return String(Math.abs(value) % 100).padStart(2, '0')
    return (value < 0 ? '-' : '') + String(Math.abs(value)).padStart(letters, '0')
  }
}

/** Four letters are the whole word. */
function name(wordOf: (time: ZonedDateTime) => string): Field {
  return (time, letters) => (letters >= 4 ? wordOf(time) : wordOf(time).slice(0, 3))
}

function yearOfEra(time: ZonedDateTime): number {
  return time.year() > 0 ? time.year() : 1 - time.year()
}

function weekYear(time: ZonedDateTime): number {
  return time.get(loadJoda().IsoFields.WEEK_BASED_YEAR)
}

/** The local date as a time of UTC, for the names of its month and day. */
function epochMs(time: ZonedDateTime): number {
  return time.toLocalDate().toEpochDay() * 86_400_000
}
