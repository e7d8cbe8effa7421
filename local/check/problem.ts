/** `error`: AWS would refuse it, or it would not work there. `warning`: it is worth a look. */
export type Severity = 'error' | 'warning'

/** Everything that a check can find, with how to mend it. */
export const CHECKS = {
  template_invalid: ['error', 'Synthesize again; a template of your own must be one that CloudFormation takes.'],
  resource_invalid: ['error', 'Change the property that the text names.'],
  sql_invalid: ['error', 'Mend the statement at the line and column named; `npx bridge sql` tries one.'],
  sql_doubtful: ['warning', 'The statement compiles and does not do what it looks like; see the place named.'],
  event_pattern_invalid: ['error', 'Mend the pattern of the rule as the text says.'],
  state_machine_invalid: ['error', 'Mend the definition at the state named; what only AWS has is named as such.'],
  rule_name_invalid: ['error', 'Name the rule with letters, digits and underscores, at most 128.'],
  rule_actions_exceeded: ['error', 'Split the rule, or have one function do several of the actions.'],
  policy_invalid: ['error', 'Mend the document at the place named.'],
  policy_too_large: ['error', 'Split the document, or name fewer resources.'],
  authorizer_invalid: ['error', 'Change the property that the text names.'],
  authorizer_slow: ['warning', 'Give the function a timeout of at most 5 s: IoT Core waits no longer.'],
  role_not_assumable: ['error', 'Add the service to the trust policy of the role.'],
  role_trust_wide: ['error', 'Name the service or the account that may assume the role.'],
  permission_missing: [
    'error',
    'Add a permission for this source to the function, or a statement to the policy of the queue.',
  ],
  permission_too_wide: ['error', 'Name the one source in SourceArn, with SourceAccount.'],
  permission_unused: ['warning', 'Nothing of this stack calls the function from there: take the permission away.'],
  grant_missing: ['error', 'Allow the action on the resource in the role that the text names.'],
  grant_wide: ['warning', 'Name the actions and resources that the role needs.'],
  grant_unresolvable: ['warning', 'Use a variable that has a value in this request, or none.'],
  quota_exceeded: ['error', 'Make it smaller, or have AWS raise the quota where the page says that it may be raised.'],
  quota_near: ['warning', 'There is little room left.'],
  role_policies_large: ['warning', 'Give the role fewer patterns, or its devices shorter identifiers.'],
  fleet_invalid: ['error', 'Mend the fleet file.'],
  property_unknown: ['warning', 'Look the property up: nothing here knows whether it holds.'],
  unsupported_here: ['warning', 'Not checked: the local runtime has no such thing.'],
  not_checked: ['warning', 'Mend what it needs first, then check again.'],
} as const satisfies Readonly<Record<string, readonly [Severity, string]>>

export type CheckCode = keyof typeof CHECKS

export interface Problem {
  readonly severity: Severity
  readonly code: CheckCode
  /** Of the resource; empty for the template as a whole, or for a file. */
  readonly logicalId: string
  /** CloudFormation type, where there is a resource. */
  readonly type: string
  readonly what: string
  readonly mend: string
  /** Where a limit comes from. */
  readonly source?: string
}

/** What a check says of one resource. */
export interface Finding {
  readonly code: CheckCode
  readonly what: string
  readonly source?: string
}

export function problem(of: { logicalId: string; type: string }, { code, what, source }: Finding): Problem {
  const [severity, mend] = CHECKS[code]
  const { logicalId, type } = of
  return { severity, code, logicalId, type, what, mend, ...(source !== undefined && { source }) }
}
