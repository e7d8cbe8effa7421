import { definitionOf } from '../resources/index.ts'
import { isJsonObject, type JsonObject, type JsonValue, type StackResource } from '../template/index.ts'
import { type CheckedStack, ofType, textAt } from './checked-stack.ts'
import { requireRight } from './event-checks.ts'
import { quotaFinding } from './quota-checks.ts'

/** State machines: may the role do what each task asks for, and is the definition small enough? */
export function checkStateMachines(stack: CheckedStack): void {
  for (const machine of ofType(stack, 'AWS::StepFunctions::StateMachine')) {
    const definition = definitionOf(machine.properties) as JsonValue
    const finding = quotaFinding('stateMachineBytes', Buffer.byteLength(JSON.stringify(definition)))
    if (finding) stack.add(machine, finding)
    const roleArn = textAt(machine.properties, 'RoleArn') ?? ''
    for (const task of tasksIn(definition)) checkTask(stack, machine, roleArn, task)
  }
}

function checkTask(stack: CheckedStack, machine: StackResource, roleArn: string, task: JsonObject): void {
  const { region, accountId } = stack.context
  const arn = (service: string, resource: string) => `arn:aws:${service}:${region}:${accountId}:${resource}`
  const resource = textAt(task, 'Resource') ?? ''
  const parameters = task.Parameters
  if (resource.startsWith('arn:aws:lambda:')) requireRight(stack, machine, roleArn, 'lambda:InvokeFunction', resource)
  else if (resource.includes(':lambda:invoke')) {
    // what is only known to an execution is checked then
    const name = textAt(parameters, 'FunctionName')
    const target = name?.startsWith('arn:') === false ? arn('lambda', `function:${name}`) : name
    if (target !== undefined) requireRight(stack, machine, roleArn, 'lambda:InvokeFunction', target)
  } else if (resource.includes(':sqs:sendMessage')) {
    const name = textAt(parameters, 'QueueUrl')?.split('/').at(-1)
    if (name !== undefined) requireRight(stack, machine, roleArn, 'sqs:SendMessage', arn('sqs', name))
  } else if (resource.includes(':events:putEvents')) {
    const entries = isJsonObject(parameters) && Array.isArray(parameters.Entries) ? parameters.Entries : []
    for (const entry of entries) {
      const bus = textAt(entry, 'EventBusName')?.split('/').at(-1) ?? 'default'
      requireRight(stack, machine, roleArn, 'events:PutEvents', arn('events', `event-bus/${bus}`))
    }
  }
}

/** Every task, those of branches and iterations included. */
function tasksIn(value: JsonValue | undefined): JsonObject[] {
  if (Array.isArray(value)) return value.flatMap(tasksIn)
  if (!isJsonObject(value)) return []
  if (value.Type === 'Task') return [value]
  return Object.values(value).flatMap(tasksIn)
}
