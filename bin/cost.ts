import { writeFileSync } from 'node:fs'
import { costPage } from '#cli/cost/index.ts'

/** Writes docs/COST.md from what the paths were measured to take: `npm run docs:cost`. */
writeFileSync(new URL('../docs/COST.md', import.meta.url), costPage())
