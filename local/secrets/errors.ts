export type SecretsErrorCode = 'SECRET_PROPERTIES_INVALID'

/** Why a secret of the template cannot be created. */
export class SecretsError extends Error {
  override readonly name = 'SecretsError'
  readonly code: SecretsErrorCode

  constructor(code: SecretsErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
