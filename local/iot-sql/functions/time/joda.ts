import { createRequire } from 'node:module'
import type * as JodaCore from '@js-joda/core'
import type * as JodaLocale from '@js-joda/locale_en'

export type Joda = typeof JodaCore & { readonly english: JodaLocale.Locale }

let joda: Joda | undefined

/**
 * js-joda with its zones and English names. Loading takes 300 ms, which only the statements that ask for dates should pay,
 * and a statement is compiled without waiting: hence `require`.
 */
export function loadJoda(): Joda {
  if (joda !== undefined) return joda
  const require = createRequire(import.meta.url)
  const core = require('@js-joda/core') as typeof JodaCore
  require('@js-joda/timezone')
  const { Locale } = require('@js-joda/locale_en') as typeof JodaLocale
  joda = { ...core, english: Locale.ENGLISH }
  return joda
}
