import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { RESOURCE_TYPES } from '#local/resources/index.ts'
import { createSecrets } from '#local/secrets/index.ts'
import { ACCOUNT, setUp, type TemplateResources } from './set-up.ts'
import { UPDATE_CASES, type UpdateCase } from './update-cases.ts'

const ECHO = 'export const handler = async () => process.env.V ?? null'
const REGISTRAR = `export const handler = async ({ ResponseURL, ResourceProperties: { PhysicalId } }) => {
  const body = JSON.stringify({ Status: 'SUCCESS', PhysicalResourceId: PhysicalId })
  await fetch(ResponseURL, { method: 'PUT', body })
}`

async function setUpCase(type: string, { around = {}, versions }: UpdateCase) {
  const all = await setUp()
  for (const name of ['echo', 'named']) all.writeAsset(name, ECHO)
  all.writeAsset('registrar', REGISTRAR)
  const rotation = { log() {}, mayInvoke: () => true, invoke: async () => ({}) }
  all.context.secrets = createSecrets({ db: new DatabaseSync(':memory:'), ...ACCOUNT, rotation })
  const Type = type === 'Custom::*' ? 'Custom::Device' : type
  const version = (index: 0 | 1): TemplateResources => ({ ...around, It: { Type, Properties: versions[index] } })
  return { all, around, version }
}

test('every type has its case', () => {
  expect(Object.keys(UPDATE_CASES).sort()).toEqual(Object.keys(RESOURCE_TYPES).sort())
})

test.each(Object.entries(UPDATE_CASES))('%s is updated there and back, removed, and made again', async (type, one) => {
  const { all, around, version } = await setUpCase(type, one)
  const { expected } = one
  const stack = await all.create(version(0))
  const seen = [await one.seen(all)]
  for (const resources of [version(1), version(0), version(1), around, version(0)]) {
    await stack.update({ Resources: resources })
    seen.push(await one.seen(all))
  }

  expect(seen).toEqual([expected[0], expected[1], expected[0], expected[1], expected[2], expected[0]])
})

test.each(Object.entries(UPDATE_CASES))('%s is put back when the update fails after it', async (type, one) => {
  const { all, version } = await setUpCase(type, one)
  const stack = await all.create(version(0))
  const after = { Type: 'AWS::SQS::Queue', Properties: { NoAttribute: { Ref: 'It' } } }

  await expect(stack.update({ Resources: { ...version(1), After: after } })).rejects.toThrow('NoAttribute')

  expect(await one.seen(all)).toEqual(one.expected[0])
})

test('a role keeps what other resources attached to it', async () => {
  const { all } = await setUpCase('', { versions: [{}, {}], seen: () => 0, expected: [0, 0, 0] })
  const policy = UPDATE_CASES['AWS::IAM::Policy']
  if (!policy) throw new Error('there is no such case')
  const It = { Type: 'AWS::IAM::Policy', Properties: policy.versions[0] }
  const stack = await all.create({ ...policy.around, It })
  const { Role, ...others } = policy.around ?? {}
  if (!Role?.Properties) throw new Error('the case has no role')

  const trust = Role.Properties.AssumeRolePolicyDocument ?? {}
  const Properties = { RoleName: 'worker', AssumeRolePolicyDocument: trust, Policies: Role.Properties.Policies ?? [] }
  const changed = { ...Properties, ManagedPolicyArns: [] }
  const changes = await stack.update({ Resources: { ...others, Role: { ...Role, Properties: changed }, It } })

  expect(changes.updated).toEqual(['Role'])
  expect(await policy.seen(all)).toEqual(policy.expected[0])
})
