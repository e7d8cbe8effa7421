export type ResourceErrorCode =
  /** AWS may take it, the local runtime has it not. */
  | 'unsupported_here'
  | 'grant_missing'
  | 'policy_too_large'
  | 'role_not_assumable'
  | 'rule_actions_exceeded'
  | 'rule_name_invalid'

/** Why a resource cannot be made. What is wrong with a single property is a TypeError. */
export class ResourceError extends Error {
  override readonly name = 'ResourceError'
  readonly code: ResourceErrorCode

  constructor(code: ResourceErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
