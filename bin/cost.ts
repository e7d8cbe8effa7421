import { readFileSync, writeFileSync } from 'node:fs'
import { costPage, withScalingTables } from '#cli/cost/index.ts'

/** Writes docs/COST.md, and the tables of docs/SCALING.md, from what the paths were measured to take: `npm run docs:cost`. */
const docs = new URL('../docs/', import.meta.url)
writeFileSync(new URL('COST.md', docs), costPage())
const scaling = new URL('SCALING.md', docs)
writeFileSync(scaling, withScalingTables(readFileSync(scaling, 'utf8')))
