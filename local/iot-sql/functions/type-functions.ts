import type { SqlFunction } from './sql-function.ts'

export const TYPE_FUNCTIONS: readonly SqlFunction[] = [
  { name: 'isUndefined', minArguments: 1, maxArguments: 1, call: ([value]) => value === undefined },
  { name: 'isNull', minArguments: 1, maxArguments: 1, call: ([value]) => value === null },
]
