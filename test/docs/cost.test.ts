import { expect, test } from 'vitest'
import { costPage } from '../../cli/cost/index.ts'
import { readDocument } from './markdown.ts'

test('docs/COST.md says what was measured: npm run docs:cost writes it', () => {
  expect(readDocument('docs/COST.md')).toBe(costPage())
})
