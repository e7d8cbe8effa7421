// Run by npm after an install, with whatever Node there is: puts `bridge` where npx looks, so that `npx bridge` works in a
// checkout. A `bin` entry in package.json would make npx install the checkout into its own cache first.
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'

const link = 'node_modules/.bin/bridge'
mkdirSync('node_modules/.bin', { recursive: true })
rmSync(link, { force: true })
if (process.platform === 'win32') writeFileSync(`${link}.cmd`, '@node "%~dp0\\..\\..\\bin\\bridge.ts" %*\r\n')
else symlinkSync('../../bin/bridge.ts', link)
