/** A statement that allows more than it should, or can never apply here. */
export interface StatementFinding {
  readonly role: string
  readonly policy: string
  /** Position in the document, from 0. */
  readonly statement: number
  readonly sid?: string
  readonly kind: 'wide' | 'unresolvable'
  readonly reason: string
}

/** Actions that know no resource: `*` is all that can be said. https://docs.aws.amazon.com/service-authorization/latest/reference/ */
const WITHOUT_RESOURCE = [
  /^cloudwatch:PutMetricData$/i,
  /^xray:/i,
  /^iot:(?:ListRetainedMessages|DescribeEndpoint|List\w+)$/i,
  /^dynamodb:(?:ListTables|DescribeLimits|DescribeEndpoints)$/i,
  /^lambda:ListFunctions$/i,
  /^sqs:ListQueues$/i,
  /^sts:GetCallerIdentity$/i,
  /^states:(?:ListStateMachines|SendTask\w+)$/i,
  /^ec2:(?:Describe\w+|\w+NetworkInterfaces?)$/i,
]

/** Prefixes of the keys that the local runtime gives a value; a variable of another one never resolves here. */
const KNOWN_KEYS =
  /^(?:aws:(?:PrincipalArn|PrincipalAccount|CurrentTime|EpochTime|SecureTransport|Source\w+)|dynamodb:|secretsmanager:|iot:|lambda:|sqs:)/i
const VARIABLE = /\$\{([^}*?$,]+)[^}]*\}/g

/** Looks through a document that compiles. Deny statements may be as wide as they like. */
export function reviewStatements(document: unknown, role: string, policy: string): StatementFinding[] {
  const { Statement } = (typeof document === 'string' ? JSON.parse(document) : document) as Record<string, unknown>
  const statements = [Statement].flat() as Record<string, unknown>[]
  return statements.flatMap((one, statement) => {
    if (one.Effect !== 'Allow') return []
    const sid = typeof one.Sid === 'string' ? { sid: one.Sid } : {}
    const place = { role, policy, statement, ...sid }
    return [
      ...wideReasons(one).map((reason): StatementFinding => ({ ...place, kind: 'wide', reason })),
      ...unresolvableKeys(one).map((key): StatementFinding => {
        return {
          ...place,
          kind: 'unresolvable',
          reason: `\${${key}} has no value here, so the statement never applies`,
        }
      }),
    ]
  })
}

function wideReasons(statement: Record<string, unknown>): string[] {
  const reasons: string[] = []
  if (statement.NotAction !== undefined) reasons.push('NotAction allows every action that is not named')
  if (statement.NotResource !== undefined) reasons.push('NotResource allows every resource that is not named')
  const actions = texts(statement.Action)
  for (const action of actions) {
    if (/^(?:\*|[\w-]+:\*)$/.test(action))
      reasons.push(`${action} allows every action${action === '*' ? '' : ' of a service'}`)
  }
  const bound = actions.filter((action) => !WITHOUT_RESOURCE.some((pattern) => pattern.test(action)))
  if (statement.Condition === undefined && bound.length > 0 && texts(statement.Resource).includes('*')) {
    reasons.push(`${bound.join(', ')} on every resource`)
  }
  return reasons
}

function unresolvableKeys(statement: Record<string, unknown>): string[] {
  const places = JSON.stringify([statement.Resource, statement.NotResource, statement.Condition])
  const keys = [...places.matchAll(VARIABLE)].map(([, key = '']) => key.trim())
  return [...new Set(keys)].filter((key) => !KNOWN_KEYS.test(key))
}

function texts(value: unknown): string[] {
  return [value].flat().filter((one) => typeof one === 'string')
}
