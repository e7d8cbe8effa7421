import { expect, test } from 'vitest'
import { FUNCTION_NAMES } from '#lib/index.ts'
import { FUNCTION_MEMORY_MB } from '../../cli/cost/estimate.ts'
import { synthesizeStack } from './synthesized.ts'

test('functions have the memory that costs are worked out with', () => {
  const functions = Object.values(synthesizeStack({}).resources('AWS::Lambda::Function'))
  const memory = functions.map(({ Properties: { FunctionName, MemorySize } }) => {
    const name = FUNCTION_NAMES.find((one) => String(FunctionName).endsWith(`-${one}`))
    return [name, MemorySize]
  })

  expect(memory.length).toBeGreaterThan(10)
  for (const [name, memoryMb] of memory) {
    expect([name, memoryMb]).toEqual([name, FUNCTION_MEMORY_MB[name === 'authorizer' ? name : 'default']])
  }
})
