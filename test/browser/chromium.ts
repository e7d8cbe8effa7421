import { existsSync } from 'node:fs'

/** Where Debian's package `chromium` puts it. */
export const CHROMIUM = '/usr/bin/chromium'
/** Nothing but the page itself may reach for a network. */
export const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Without a browser the tests are left out, and say so; in CI they fail. */
export const isLeftOut = !existsSync(CHROMIUM) && process.env.CI === undefined
if (isLeftOut) console.warn(`skipped: ${CHROMIUM} not found; install Debian's package chromium`)
