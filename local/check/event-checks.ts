import { requireGrant } from '../resources/index.ts'
import type { JsonObject, StackResource } from '../template/index.ts'
import { type CheckedStack, findResource, listAt, objectAt, ofType, textAt } from './checked-stack.ts'
import { findingOf } from './finding-of-error.ts'
import { quotaFinding } from './quota-checks.ts'
import { requireInvocation, requireRole } from './rule-checks.ts'

const EVENTS = 'events.amazonaws.com'

/** Every target of every rule of a bus, and its dead-letter queue: may EventBridge send there? */
export function checkEventRules(stack: CheckedStack): void {
  for (const rule of ofType(stack, 'AWS::Events::Rule')) {
    const ruleArn = String(rule.attribute('Arn'))
    const characters = JSON.stringify(objectAt(rule.properties, 'EventPattern')).length
    const finding = quotaFinding('eventPatternCharacters', characters)
    if (finding) stack.add(rule, finding)
    for (const target of listAt(rule.properties, 'Targets') as readonly JsonObject[]) {
      checkTarget(stack, rule, ruleArn, target)
      const deadLetterArn = textAt(objectAt(target, 'DeadLetterConfig'), 'Arn')
      if (deadLetterArn !== undefined) requireQueue(stack, rule, deadLetterArn, ruleArn)
    }
  }
}

function checkTarget(stack: CheckedStack, rule: StackResource, ruleArn: string, target: JsonObject): void {
  const targetArn = textAt(target, 'Arn') ?? ''
  const service = targetArn.split(':')[2]
  if (service === 'lambda') requireInvocation(stack, rule, targetArn, ruleArn, EVENTS)
  else if (service === 'sqs') requireQueue(stack, rule, targetArn, ruleArn)
  else checkStart(stack, rule, ruleArn, target)
}

function checkStart(stack: CheckedStack, rule: StackResource, ruleArn: string, target: JsonObject): void {
  const [machineArn = '', roleArn] = [textAt(target, 'Arn'), textAt(target, 'RoleArn')]
  if (roleArn === undefined) {
    stack.add(rule, { code: 'resource_invalid', what: `the target ${machineArn} needs a role` })
  } else if (requireRole(stack, rule, roleArn, ruleArn, EVENTS)) {
    requireRight(stack, rule, roleArn, 'states:StartExecution', machineArn)
  }
}

function requireQueue(stack: CheckedStack, rule: StackResource, queueArn: string, ruleArn: string): void {
  // a queue of another stack has its policy there
  if (findResource(stack, 'AWS::SQS::Queue', queueArn) === undefined) return
  const { iam, accountId } = stack.context
  const from = { 'aws:SourceArn': ruleArn, 'aws:SourceAccount': accountId }
  if (iam.authorizeService(EVENTS, 'sqs:SendMessage', queueArn, from).decision === 'allowed') return
  stack.add(rule, { code: 'permission_missing', what: `${EVENTS} may not send to ${queueArn} for ${ruleArn}` })
}

export function requireRight(
  stack: CheckedStack,
  of: StackResource,
  roleArn: string,
  action: string,
  resource: string,
): void {
  try {
    requireGrant(stack.context, roleArn, 'check', action, resource)
  } catch (error) {
    stack.add(of, findingOf(error))
  }
}
