import type { ZonedDateTime } from '@js-joda/core'

/** `+hh:mm` with the separator given. */
export function offsetOf(time: ZonedDateTime, separator: string): string {
  const seconds = time.offset().totalSeconds()
  const minutes = Math.floor(Math.abs(seconds) / 60)
  const [hour, minute] = [Math.floor(minutes / 60), minutes % 60].map((value) => String(value).padStart(2, '0'))
  return `${seconds < 0 ? '-' : '+'}${hour}${separator}${minute}`
}
