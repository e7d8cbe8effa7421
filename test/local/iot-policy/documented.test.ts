import { describe, expect, test } from 'vitest'
import { createLineAnswerer } from '../../../cli/policy/answer.ts'
import { CONNECT_EXAMPLES } from './documented/connect.ts'
import { OTHER_EXAMPLES } from './documented/others.ts'
import { PUBLISH_SUBSCRIBE_EXAMPLES } from './documented/publish-subscribe.ts'
import { THING_AND_CERTIFICATE_EXAMPLES } from './documented/things-and-certificates.ts'

const EXAMPLES = [
  ...CONNECT_EXAMPLES,
  ...PUBLISH_SUBSCRIBE_EXAMPLES,
  ...THING_AND_CERTIFICATE_EXAMPLES,
  ...OTHER_EXAMPLES,
]

const answer = createLineAnswerer()

describe('the developer guide', () => {
  test.each(EXAMPLES)('$page: $example', ({ statements, cases }) => {
    for (const [action, resource, context, decision] of cases) {
      const policy = { Version: '2012-10-17', Statement: statements }
      const { line } = answer(JSON.stringify({ id: 1, policy, context, request: { action, resource } }), 1)

      const expected = decision === 'allowed' ? 'allowed' : 'denied'
      expect({ action, resource, context, ...JSON.parse(line) }).toMatchObject({ decision, expected })
    }
  })

  test('is here with every page that has policies for devices', () => {
    expect(new Set(EXAMPLES.map(({ page }) => page)).size).toBeGreaterThan(14)
    expect(EXAMPLES.flatMap(({ cases }) => cases).length).toBeGreaterThan(250)
  })
})
