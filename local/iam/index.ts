export type { Caller, Credentials } from './caller.ts'
export { IamError, type IamErrorCode } from './errors.ts'
export type { FunctionPermission, InvokeRequest } from './function-permissions.ts'
export type { GrantUse } from './grant-use.ts'
export {
  type AuthorizationContext,
  createIam,
  type Iam,
  type IamOptions,
} from './iam.ts'
export { IAM_PARITY } from './parity.ts'
export type { NamedPolicy, Remove, RoleDefinition } from './roles.ts'
export type { StatementFinding } from './statement-review.ts'
