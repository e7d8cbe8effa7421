import { isJsonObject, type JsonValue } from '../template/index.ts'
import { type CheckedStack, findResource, ofType, TEMPLATE, textAt } from './checked-stack.ts'
import { requireRole } from './rule-checks.ts'

/** Who may assume a role, what its statements allow beyond need, and roles that services take by themselves. */
export function checkRoles(stack: CheckedStack): void {
  for (const role of ofType(stack, 'AWS::IAM::Role')) {
    if (trustsEverybody(role.properties.AssumeRolePolicyDocument)) {
      stack.add(role, { code: 'role_trust_wide', what: 'everybody may assume the role' })
    }
  }
  for (const logging of ofType(stack, 'AWS::IoT::Logging')) {
    const roleArn = textAt(logging.properties, 'RoleArn')
    if (roleArn !== undefined) requireRole(stack, logging, roleArn)
  }
  for (const { role, policy, statement, sid, kind, reason } of stack.context.iam.findings()) {
    const place = sid ?? `statement ${statement + 1}`
    const what = `${policy}, ${place}: ${reason}`
    stack.add(findResource(stack, 'AWS::IAM::Role', role) ?? TEMPLATE, { code: `grant_${kind}`, what })
  }
}

function trustsEverybody(document: JsonValue | undefined): boolean {
  const statements = isJsonObject(document) ? [document.Statement].flat() : []
  return statements.some((statement) => {
    if (!isJsonObject(statement) || statement.Effect !== 'Allow' || statement.Condition !== undefined) return false
    const { Principal } = statement
    const names = isJsonObject(Principal) ? Object.values(Principal).flat() : [Principal]
    return names.includes('*')
  })
}
