import { expect, test } from 'vitest'
import { checkAssembly } from '#local/check/index.ts'
import { withAssembly } from '../../lib/synthesized.ts'

test.each([
  ['dev', {}],
  [
    'prod, with every endpoint',
    { stage: 'prod', reservedConcurrency: '5', mutualTls: 'true', httpsPublish: 'true', certificateOnly: 'true' },
  ],
])('nothing is wrong with the template of this project: %s', async (_, context) => {
  expect(await withAssembly(context, (folder) => checkAssembly(folder))).toEqual([])
})
