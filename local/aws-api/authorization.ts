import type { Caller } from '../iam/index.ts'
import { ApiError } from './errors.ts'
import type { Log } from './log.ts'
import type { ApiRequest, RequiredAction, ServiceHandler } from './service.ts'

/** Decides one action of a caller; `Iam.authorize` is one. */
export type Authorize = (
  caller: Caller,
  action: string,
  resource: string,
  context?: RequiredAction['context'],
) => { readonly decision: 'allowed' | 'explicitDeny' | 'implicitDeny'; readonly statement?: unknown }

/** Checks every action a request needs; throws AWS's own denial for the first one that is not allowed, and logs it. */
export function checkActions(request: ApiRequest, service: ServiceHandler, authorize: Authorize, log: Log): void {
  const { caller } = request
  for (const { action, resource, context } of service.actionsFor(request)) {
    const { decision, statement } = authorize(caller, action, resource, context)
    if (decision === 'allowed') continue
    log({ level: 'warn', event: 'access_denied', caller: caller.arn, action, resource, decision, statement })
    const status = service.protocol === 'rest-json' ? 403 : 400
    const code = service.accessDeniedCode ?? 'AccessDeniedException'
    throw new ApiError(code, status, denialText(caller.arn, action, resource, decision))
  }
}

// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
function denialText(callerArn: string, action: string, resource: string, decision: string): string {
  const reason =
    decision === 'explicitDeny'
      ? 'with an explicit deny in an identity-based policy'
      : `because no identity-based policy allows the ${action} action`
  return `User: ${callerArn} is not authorized to perform: ${action} on resource: ${resource} ${reason}`
}
