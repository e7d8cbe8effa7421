import type { ZonedDateTime } from '@js-joda/core'
import { offsetOf } from './offset.ts'

/** Each knows the abbreviations that are usual in its country, and an offset from GMT for the others. */
const LOCALES = ['en-US', 'en-GB', 'en-AU', 'en-NZ', 'en-IN', 'en-ZA', 'ja-JP', 'ko-KR']
const ABBREVIATION = /^(?!GMT.)[A-Z]{2,5}$/

/** The name of a zone at a time, such as CST or Central Standard Time; the offset of one that has none. */
export function zoneName(time: ZonedDateTime, length: 'short' | 'long'): string {
  const id = time.zone().id()
  const offset = offsetOf(time, ':')
  if (id === 'Z' || id === 'UTC') return length === 'short' ? 'UTC' : 'Coordinated Universal Time'
  if (!/^[A-Za-z]/.test(id) || /^(UTC|GMT|UT)./.test(id)) return offset
  const locales = length === 'long' ? LOCALES.slice(0, 1) : LOCALES
  for (const locale of locales) {
    const name = nameIn(locale, id, time.toInstant().toEpochMilli(), length)
    if (name !== undefined && (length === 'long' || ABBREVIATION.test(name))) return name
  }
  return offset
}

const formats = new Map<string, Intl.DateTimeFormat>()

function nameIn(locale: string, timeZone: string, ms: number, timeZoneName: 'short' | 'long'): string | undefined {
  const key = `${locale} ${timeZone} ${timeZoneName}`
  let format = formats.get(key)
  if (format === undefined) {
    format = new Intl.DateTimeFormat(locale, { timeZone, timeZoneName })
    formats.set(key, format)
  }
  return format.formatToParts(ms).find(({ type }) => type === 'timeZoneName')?.value
}
