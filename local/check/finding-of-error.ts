import { ApiError } from '../aws-api/index.ts'
import { PatternError } from '../events/index.ts'
import { IamError } from '../iam/index.ts'
import { PolicyError } from '../iot-policy/index.ts'
import { SqlError } from '../iot-sql/index.ts'
import { ResourceError } from '../resources/index.ts'
import { StatesError } from '../step-functions/index.ts'
import { TemplateError } from '../template/index.ts'
import type { CheckCode, Finding } from './problem.ts'

/** What the failure of a resource or of one of its checks says. */
export function findingOf(error: unknown): Finding {
  const cause = error instanceof TemplateError && error.code === 'RESOURCE_FAILED' ? error.cause : error
  return { code: codeOf(cause), what: cause instanceof Error ? cause.message : String(cause) }
}

function codeOf(cause: unknown): CheckCode {
  if (cause instanceof ResourceError) return cause.code
  if (cause instanceof SqlError) return 'sql_invalid'
  if (cause instanceof PatternError) return 'event_pattern_invalid'
  if (cause instanceof StatesError) return 'state_machine_invalid'
  if (cause instanceof PolicyError) return 'policy_invalid'
  if (cause instanceof IamError) {
    if (cause.code === 'POLICY_INVALID') return 'policy_invalid'
    return cause.code === 'MANAGED_POLICY_UNKNOWN' ? 'unsupported_here' : 'resource_invalid'
  }
  if (cause instanceof ApiError && cause.code === 'AccessDeniedException') return 'permission_missing'
  return cause instanceof TemplateError ? 'template_invalid' : 'resource_invalid'
}
