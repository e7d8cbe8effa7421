import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FIELD_LIMITS, MEMORY_LAYERS } from '#contract/index.ts'
import { memoryOwner } from '#functions/memory/owner.ts'
import { deviceRecord } from '../conscience/chain.ts'

const identifier = fc.stringMatching(/^[A-Za-z0-9:_-]{1,128}$/)
const owner = fc.record({
  client: identifier,
  organization: fc.option(identifier, { nil: undefined }),
  // any code units, half characters included, as JSON can say them
  user: fc.option(
    fc
      .array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1, maxLength: FIELD_LIMITS.userIdCharacters })
      .map((units) => String.fromCharCode(...units)),
  ),
  layer: fc.constantFrom(...MEMORY_LAYERS),
})
type Owner = typeof owner extends fc.Arbitrary<infer Value> ? Value : never

const keyOf = ({ client, organization, user, layer }: Owner) =>
  memoryOwner(
    deviceRecord({ client_id: client, ...(organization !== undefined && { organization_id: organization }) }),
    user,
    layer,
  )

test('two owners have one key only if tenant, user and layer are the same', () => {
  const identity = (one: Owner) => [one.organization ?? null, one.organization ? null : one.client, one.user, one.layer]
  fc.assert(
    fc.property(owner, owner, (a, b) => {
      expect(keyOf(a) === keyOf(b)).toBe(JSON.stringify(identity(a)) === JSON.stringify(identity(b)))
    }),
  )
})

test('a key is never longer than DynamoDB takes', () => {
  fc.assert(fc.property(owner, (one) => Buffer.byteLength(keyOf(one)) <= 2_048 && keyOf(one).isWellFormed()))
})

test.each([
  ['x","semantic"]', 'a user id that looks like the end of a key'],
  ['null', 'a user id that spells null'],
  ['["org:acme"', 'a user id that begins like a key'],
])('user id %j stays a user id', (user) => {
  const key = memoryOwner(deviceRecord({ organization_id: 'acme' }), user, 'working')

  expect(JSON.parse(key)).toEqual(['org:acme', user, 'working'])
  expect(key).not.toBe(memoryOwner(deviceRecord({ organization_id: 'acme' }), null, 'working'))
})
