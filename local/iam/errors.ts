export type IamErrorCode =
  | 'ROLE_EXISTS'
  | 'ROLE_NOT_FOUND'
  | 'MANAGED_POLICY_UNKNOWN'
  | 'POLICY_INVALID'
  | 'ARN_INVALID'

/** Why a role, policy or permission was refused. */
export class IamError extends Error {
  override readonly name = 'IamError'
  readonly code: IamErrorCode

  constructor(code: IamErrorCode, message: string, options?: { cause: unknown }) {
    super(message, options)
    this.code = code
  }
}
