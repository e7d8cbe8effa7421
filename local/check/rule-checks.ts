import { requireGrant } from '../resources/index.ts'
import { isJsonObject, type JsonObject, type StackResource } from '../template/index.ts'
import { addAbsent, type CheckedStack, findResource, listAt, objectAt, ofType, textAt } from './checked-stack.ts'
import { findingOf } from './finding-of-error.ts'

const IOT = 'iot.amazonaws.com'
/** What is invoked: a function, or one of its versions by name. */
const FUNCTION_TYPES = ['AWS::Lambda::Function', 'AWS::Lambda::Alias', 'AWS::Lambda::Version']

/** Every action, the error action too: may IoT Core do it, with the role given, or by the permission of the function? */
export function checkRules(stack: CheckedStack): void {
  for (const rule of ofType(stack, 'AWS::IoT::TopicRule')) {
    const payload = objectAt(rule.properties, 'TopicRulePayload')
    for (const action of [...listAt(payload, 'Actions'), payload.ErrorAction]) {
      if (!isJsonObject(action)) continue
      for (const [name, properties] of Object.entries(action)) {
        if (isJsonObject(properties)) checkAction(stack, rule, name, properties)
      }
    }
  }
}

function checkAction(stack: CheckedStack, rule: StackResource, name: string, properties: JsonObject): void {
  const ruleArn = String(rule.attribute('Arn'))
  if (name === 'Lambda') {
    requireInvocation(stack, rule, textAt(properties, 'FunctionArn') ?? '', ruleArn)
    return
  }
  const roleArn = textAt(properties, 'RoleArn')
  if (roleArn === undefined) return
  if (!requireRole(stack, rule, roleArn, ruleArn)) return
  const need = needOf(stack, name, properties)
  if (need === undefined) return
  try {
    requireGrant(stack.context, roleArn, 'iot', need.action, need.resource)
  } catch (error) {
    stack.add(rule, findingOf(error))
  }
}

/** May IoT Core invoke the function for a rule or an authorizer? A function of another stack has its permissions there. */
export function requireInvocation(
  stack: CheckedStack,
  of: StackResource,
  functionArn: string,
  sourceArn: string,
  servicePrincipal = IOT,
): void {
  const { iam, accountId } = stack.context
  const isKnown = FUNCTION_TYPES.some((type) => findResource(stack, type, functionArn) !== undefined)
  if (!isKnown) {
    addAbsent(stack, of, functionArn, `${functionArn || 'the function'} is not in this stack`)
  } else if (!iam.mayInvoke({ functionArn, servicePrincipal, sourceArn, sourceAccount: accountId })) {
    const what = `${servicePrincipal} may not invoke ${functionArn} for ${sourceArn}`
    stack.add(of, { code: 'permission_missing', what })
  }
}

/** Whether the service, IoT Core by default, may assume the role; told if not. */
export function requireRole(
  stack: CheckedStack,
  of: StackResource,
  roleArn: string,
  sourceArn?: string,
  servicePrincipal = IOT,
): boolean {
  const { iam, accountId } = stack.context
  const from = { 'aws:SourceAccount': accountId, ...(sourceArn !== undefined && { 'aws:SourceArn': sourceArn }) }
  if (findResource(stack, 'AWS::IAM::Role', roleArn) === undefined) {
    addAbsent(stack, of, roleArn, `${roleArn} is no role of this stack`)
    return false
  }
  if (iam.mayAssume(roleArn, servicePrincipal, from)) return true
  stack.add(of, { code: 'role_not_assumable', what: `${servicePrincipal} may not assume ${roleArn}` })
  return false
}

/** What the role of an action needs; undefined where only a message tells. */
function needOf({ context }: CheckedStack, action: string, properties: JsonObject) {
  const { region, accountId } = context
  const arn = (service: string, resource: string) => `arn:aws:${service}:${region}:${accountId}:${resource}`
  const named = (name: string | undefined, need: (name: string) => { action: string; resource: string }) =>
    name === undefined || name.includes('${') ? undefined : need(name)
  switch (action) {
    case 'Sqs':
      return named(textAt(properties, 'QueueUrl')?.split('/').at(-1), (queue) => ({
        action: 'sqs:SendMessage',
        resource: arn('sqs', queue),
      }))
    case 'Republish':
      return named(textAt(properties, 'Topic'), (topic) => ({
        action: 'iot:Publish',
        // a topic that starts with $ is written with two in a rule
        resource: arn('iot', `topic/${topic.replace(/^\$\$/, '$')}`),
      }))
    case 'DynamoDBv2':
      return named(textAt(objectAt(properties, 'PutItem'), 'TableName'), (table) => ({
        action: 'dynamodb:PutItem',
        resource: arn('dynamodb', `table/${table}`),
      }))
    case 'StepFunctions':
      return named(textAt(properties, 'StateMachineName'), (machine) => ({
        action: 'states:StartExecution',
        resource: arn('states', `stateMachine:${machine}`),
      }))
    default:
      return undefined
  }
}
