export type { Caller, Credentials } from './caller.ts'
export { IamError, type IamErrorCode } from './errors.ts'
export type { FunctionPermission, InvokeRequest } from './function-permissions.ts'
export {
  type AuthorizationContext,
  createIam,
  type Iam,
  type IamOptions,
  type NamedPolicy,
  type RoleDefinition,
} from './iam.ts'
