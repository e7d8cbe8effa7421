export type TemplateErrorCode =
  | 'ASSEMBLY_NOT_FOUND'
  | 'ASSEMBLY_MALFORMED'
  | 'ASSET_NOT_FOUND'
  | 'TEMPLATE_MALFORMED'
  | 'TEMPLATE_CYCLE'
  | 'UNRESOLVED_REFERENCE'
  | 'UNKNOWN_ATTRIBUTE'
  | 'UNSUPPORTED_INTRINSIC'
  | 'PARAMETER_MISSING'
  | 'PARAMETER_INVALID'
  | 'RESOURCE_FAILED'

/**
 * Why an assembly or a template could not be loaded or created. `path` is the place in the template, beginning with the
 * section: `Resources.Queue.Properties.QueueName`.
 */
export class TemplateError extends Error {
  override readonly name = 'TemplateError'
  readonly code: TemplateErrorCode
  readonly path: string

  constructor(code: TemplateErrorCode, path: string, reason: string, options?: { cause: unknown }) {
    super(path === '' ? reason : `${path}: ${reason}`, options)
    this.code = code
    this.path = path
  }
}
