import { SQL_VERSION } from '../sql-version.ts'
import type { SqlFunction } from './sql-function.ts'

/** Values that come from neither message nor arguments. */
export const GENERATED_FUNCTIONS: readonly SqlFunction[] = [
  { name: 'newuuid', minArguments: 0, maxArguments: 0, call: (_args, { newUuid }) => newUuid() },
  { name: 'sql_version', minArguments: 0, maxArguments: 0, call: () => SQL_VERSION },
]
