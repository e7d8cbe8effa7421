import { writeFileSync } from 'node:fs'
import { parityDocument } from '#local/parity/index.ts'

/** Writes docs/PARITY.md from the tables of the local runtime: `npm run docs:parity`. */
writeFileSync(new URL('../docs/PARITY.md', import.meta.url), parityDocument())
