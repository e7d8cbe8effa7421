import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compilePolicyDocuments, effectiveRights, POLICY_LIMITS, type PolicyDocument } from '#contract/index.ts'
import { compilePolicy, evaluatePolicies } from '#local/iot-policy/index.ts'
import { referenceGeneralisations } from '../fixtures/topic-reference.ts'

const ARN = 'arn:aws:iot:eu-west-1:123456789012'
const CLIENT = 'me'

const lengths = (documents: PolicyDocument[]) => documents.map((document) => JSON.stringify(document).length)

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
      fc.property(subset, subset, fc.subarray(filters, { maxLength: 12 }), (publish, receive, subscribe) => {
        const documents = compilePolicyDocuments(CLIENT, { publish, receive, subscribe }, ARN)
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
        expect(allowed('RetainPublish', 'topic', near)).toEqual([])
      }),
      { numRuns: 60 },
    )
  })

  test('let the one client connect', () => {
    const documents = compilePolicyDocuments(CLIENT, { publish: ['a'], receive: [], subscribe: [] }, ARN)

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
        const rights = { publish, receive, subscribe }
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
            details: { limitDocuments: 10, limitCharacters: 2_048 },
          })
          expect(characters).toBeGreaterThan(0.8 * POLICY_LIMITS.documents * POLICY_LIMITS.charactersPerDocument)
        }
      }),
      { numRuns: 100 },
    )
    expect(refused).toBeLessThan(100)
  })

  test('refuse what takes more than ten documents and say how many it would take', () => {
    const publish = Array.from({ length: 200 }, (_, index) => `${'x'.repeat(100)}/${index}`)

    expect(() => compilePolicyDocuments(CLIENT, { publish, receive: [], subscribe: [] }, ARN)).toThrow(
      expect.objectContaining({
        code: 'policy_too_large',
        message: expect.stringMatching(/take 1\d|2\d policy documents, over the limit of 10 of 2048 characters/),
      }),
    )
  })

  test('the rights of the agent role fit with identifiers as long as its own filter allows', () => {
    const identity = { clientId: 'c'.repeat(128), organizationId: 'o'.repeat(119), deviceId: 'd'.repeat(119) }
    const permissions = ['${root}/#', 'org/${organizationId}/device/${deviceId}/#']
    const rights = effectiveRights({
      root: 'r'.repeat(64),
      identity,
      rolePermissions: permissions,
      tokenPermissions: permissions,
    })

    const documents = compilePolicyDocuments(identity.clientId, rights, 'arn:aws-us-gov:iot:us-gov-west-1:123456789012')
    expect(documents.length).toBeLessThanOrEqual(POLICY_LIMITS.documents)
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
