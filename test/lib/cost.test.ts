import { expect, test } from 'vitest'
import { FUNCTION_NAMES } from '#lib/index.ts'
import { FUNCTION_MEMORY_MB } from '../../cli/cost/estimate.ts'
import { ASK_PER_SECOND } from '../../cli/cost/quotas.ts'
import { synthesizeStack } from './synthesized.ts'

const { resources } = synthesizeStack({})

test('functions have the memory that costs are worked out with', () => {
  const functions = Object.values(resources('AWS::Lambda::Function'))
  const memory = functions.map(({ Properties: { FunctionName, MemorySize } }) => {
    const name = FUNCTION_NAMES.find((one) => String(FunctionName).endsWith(`-${one}`))
    return [name, MemorySize]
  })

  expect(memory.length).toBeGreaterThan(10)
  for (const [name, memoryMb] of memory) {
    expect([name, memoryMb]).toEqual([name, FUNCTION_MEMORY_MB[name === 'authorizer' ? name : 'default']])
  }
})

test('devices are asked over HTTP as often as saturation is worked out with', () => {
  const stages = Object.values(resources('AWS::ApiGatewayV2::Stage'))
  const settings = stages.map(({ Properties }) => Properties.RouteSettings as Record<string, unknown>)
  const asked = settings.map((routes) => routes['POST /devices/{clientId}/requests']).filter(Boolean)

  expect(asked).toMatchObject([{ ThrottlingRateLimit: ASK_PER_SECOND }])
})
