import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type BridgeError,
  compilePolicyDocuments,
  effectiveRights,
  isBridgeError,
  POLICY_LIMITS,
  type PolicyDocument,
  parseFleet,
} from '#contract/index.ts'
import { compilePolicy, evaluatePolicies } from '#local/iot-policy/index.ts'
import { referenceGeneralisations } from '../fixtures/topic-reference.ts'

const ARN = 'arn:aws:iot:eu-west-1:123456789012'
const CLIENT = 'me'
const ROLES = parseFleet(JSON.parse(readFileSync(new URL('../../fleet.json', import.meta.url), 'utf8')), 'r').roles

const lengths = (documents: PolicyDocument[]) => documents.map((document) => JSON.stringify(document).length)

function problemOf(act: () => unknown): BridgeError {
  try {
    act()
  } catch (error) {
    if (isBridgeError(error)) return error
  }
  throw new Error('expected an error of the contract')
}

function allows(documents: PolicyDocument[], action: string, resource: string): boolean {
  const policies = documents.map((document, index) => compilePolicy(document, `document ${index}`))
  return evaluatePolicies(policies, { action: `iot:${action}`, resource: `${ARN}:${resource}` }).decision === 'allowed'
}

describe('compilePolicyDocuments', () => {
  test('allow exactly the effective rights, over topics and filters near them', () => {
    const topics = [
      'jamey/conscience/evaluate',
      'jamey/conscience/results',
      'jamey/memory/query',
      'jamey/events/status',
      'jamey/responses/me',
      'org/acme/device/Instance-1/response',
    ]
    const subset = fc.subarray(topics)
    const filters = topics.flatMap(referenceGeneralisations)
    fc.assert(
      fc.property(
        subset,
        subset,
        subset,
        fc.subarray(filters, { maxLength: 12 }),
        (publish, wanted, receive, subscribe) => {
          const retain = wanted.filter((topic) => publish.includes(topic))
          const documents = compilePolicyDocuments(CLIENT, { publish, retain, receive, subscribe }, ARN)
          const near = [
            ...topics,
            'jamey/conscience/evaluate/x',
            'jamey/+/query',
            'jamey/#',
            'jamey',
            'x/jamey/memory/query',
            '*',
          ]

          const allowed = (action: string, kind: string, names: string[]) =>
            names.filter((name) => allows(documents, action, `${kind}/${name}`))
          expect(allowed('Publish', 'topic', near)).toEqual(publish)
          expect(allowed('Receive', 'topic', near)).toEqual(receive)
          expect(new Set(allowed('Subscribe', 'topicfilter', [...filters, ...near]))).toEqual(new Set(subscribe))
          expect(allowed('Publish', 'topicfilter', near)).toEqual([])
          expect(allowed('Subscribe', 'topic', near)).toEqual([])
          expect(allowed('RetainPublish', 'topic', near)).toEqual(retain)
        },
      ),
      { numRuns: 60 },
    )
  })

  test('let the one client connect', () => {
    const documents = compilePolicyDocuments(CLIENT, { publish: ['a'], retain: [], receive: [], subscribe: [] }, ARN)

    expect(allows(documents, 'Connect', `client/${CLIENT}`)).toBe(true)
    expect(allows(documents, 'Connect', `client/${CLIENT}2`)).toBe(false)
    expect(documents).toMatchInlineSnapshot(`
      [
        {
          "Statement": [
            {
              "Action": [
                "iot:Connect",
              ],
              "Effect": "Allow",
              "Resource": [
                "arn:aws:iot:eu-west-1:123456789012:client/me",
              ],
            },
            {
              "Action": [
                "iot:Publish",
              ],
              "Effect": "Allow",
              "Resource": [
                "arn:aws:iot:eu-west-1:123456789012:topic/a",
              ],
            },
          ],
          "Version": "2012-10-17",
        },
      ]
    `)
  })

  test('hold the limits for any number of topics, or refuse', () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,200}$/), { maxLength: 120 })
    let refused = 0
    fc.assert(
      fc.property(names, names, names, (publish, receive, subscribe) => {
        const rights = { publish, retain: [], receive, subscribe }
        const characters = JSON.stringify(rights).length + 60 * (publish.length + receive.length + subscribe.length)
        try {
          const documents = compilePolicyDocuments(CLIENT, rights, ARN)
          expect(Math.max(...lengths(documents))).toBeLessThanOrEqual(POLICY_LIMITS.charactersPerDocument)
          expect(documents.length).toBeLessThanOrEqual(POLICY_LIMITS.documents)
          const resources = documents.flatMap(({ Statement }) =>
            Statement.flatMap(({ Action, Resource }) =>
              Action.flatMap((action) => Resource.map((one) => `${action} ${one}`)),
            ),
          )
          expect(resources.length).toBe(1 + publish.length + receive.length + subscribe.length)
        } catch (error) {
          refused += 1
          expect(error).toMatchObject({
            code: 'policy_too_large',
            details: { limitDocuments: 10, limitCharacters: 2_048, overCharacters: expect.any(Number) },
          })
          expect(characters).toBeGreaterThan(0.8 * POLICY_LIMITS.documents * POLICY_LIMITS.charactersPerDocument)
        }
      }),
      { numRuns: 100 },
    )
    expect(refused).toBeLessThan(100)
  })

  test('refuse what takes more than ten documents, and say by how much it is over', () => {
    const topics = Array.from({ length: 200 }, (_, index) => `${'x'.repeat(100)}/${String(index).padStart(3, '0')}`)
    const compile = (count: number) =>
      compilePolicyDocuments(CLIENT, { publish: topics.slice(0, count), retain: [], receive: [], subscribe: [] }, ARN)
    const problem = problemOf(() => compile(200))

    expect(problem).toMatchObject({
      code: 'policy_too_large',
      message: expect.stringMatching(/take 1\d policy documents, over the limit of 10 of 2048 characters by \d+ char/),
    })
    // each topic takes its ARN, its quotes and a comma
    const topicCharacters = `"${ARN}:topic/${topics[0]}",`.length
    const over = Math.ceil(Number(problem.details.overCharacters) / topicCharacters)
    expect(compile(200 - over).length).toBe(10)
    // the frame of each further document counts too, for less than a topic
    const frames = Number(problem.details.actualDocuments) - 10
    expect(() => compile(200 - over + frames + 1)).toThrow('policy documents')
  })

  describe.each(Object.entries(ROLES))('the rights of the role %s', (_, { permissions }) => {
    const documents = (length: number, tokenPermissions: readonly string[]) => {
      const identity = {
        clientId: 'c'.repeat(128),
        organizationId: 'o'.repeat(length),
        deviceId: 'd'.repeat(length),
      }
      const rights = effectiveRights({ root: 'r'.repeat(64), identity, rolePermissions: permissions, tokenPermissions })
      return compilePolicyDocuments(identity.clientId, rights, 'arn:aws-us-gov:iot:ap-northeast-1:123456789012')
    }

    test('fit with identifiers of any length', () => {
      const counts = Array.from({ length: 128 }, (__, index) => documents(index + 1, permissions).length)
      expect(Math.max(...counts)).toBeLessThanOrEqual(POLICY_LIMITS.documents)
    })

    test('fit for any token', () => {
      const levels = fc.constantFrom(
        '${root}',
        'events',
        'status',
        'org',
        '${organizationId}',
        'device',
        '${deviceId}',
        '+',
      )
      const pattern = fc
        .tuple(
          fc.constantFrom('', '', 'pub:', 'sub:', 'retain:', '!', '!pub:', '!sub:', '!retain:'),
          fc.oneof(
            fc.constantFrom('${root}', 'org/${organizationId}/device/${deviceId}', 'org/${organizationId}'),
            fc.array(levels, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/')),
          ),
          fc.constantFrom('/#', '/+', '/+/+', ''),
        )
        .map((parts) => parts.join(''))
      fc.assert(
        fc.property(fc.array(pattern, { maxLength: 12 }), (token) => {
          expect(documents(116, ['#', ...token]).length).toBeLessThanOrEqual(POLICY_LIMITS.documents)
        }),
        { numRuns: 60 },
      )
    })
  })

  test('name concrete topics only: an IAM wildcard never stands in a resource', () => {
    const rights = effectiveRights({
      root: 'jamey',
      identity: { clientId: CLIENT },
      rolePermissions: ['jamey/#'],
      tokenPermissions: ['jamey/+/query', 'jamey/responses/*', 'sub:jamey/even?s/#', 'sub:jamey/events/+'],
    })
    const text = JSON.stringify(compilePolicyDocuments(CLIENT, rights, ARN))

    expect(text).not.toMatch(/[*?]/)
    expect(text).not.toContain('${')
  })
})
