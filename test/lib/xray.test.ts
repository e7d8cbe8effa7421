import { expect, test } from 'vitest'
import { synthesizeStack } from './synthesized.ts'

const modesOf = ({ resources }: ReturnType<typeof synthesizeStack>) =>
  Object.values(resources('AWS::Lambda::Function')).map(({ Properties }) => Properties.TracingConfig)

test('X-Ray costs nothing unless it is asked for', () => {
  const plain = synthesizeStack()
  expect(new Set(modesOf(plain))).toEqual(new Set([undefined]))
  expect(JSON.stringify(plain.template.toJSON())).not.toContain('xray:')
})

test('with the setting every function writes its segments, and may', () => {
  const traced = synthesizeStack({ xray: 'true' })
  const modes = modesOf(traced)
  expect(new Set(modes.map((mode) => JSON.stringify(mode)))).toEqual(new Set(['{"Mode":"Active"}']))
  const policies = Object.values(traced.resources('AWS::IAM::Policy')).map(({ Properties }) =>
    JSON.stringify(Properties),
  )
  expect(policies.filter((policy) => policy.includes('xray:PutTraceSegments'))).toHaveLength(modes.length)
})
