// Run by npm after an install, with whatever Node there is: puts `bridge` where npx looks first, so that `npx bridge` in a
// checkout starts at once. Without the link npx still works; it then installs the checkout into its own cache.
import { mkdirSync, rmSync, symlinkSync } from 'node:fs'

const link = 'node_modules/.bin/bridge'
if (process.platform !== 'win32') {
  mkdirSync('node_modules/.bin', { recursive: true })
  rmSync(link, { force: true })
  symlinkSync('../../bin/bridge.ts', link)
}
