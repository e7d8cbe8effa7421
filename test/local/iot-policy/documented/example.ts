/** A policy of the developer guide, and what its text says that it does. */
export interface DocumentedExample {
  /** File name of the page in https://docs.aws.amazon.com/iot/latest/developerguide/ */
  page: string
  example: string
  statements: Statement[]
  cases: [action: string, resource: string, context: object, decision: 'allowed' | 'explicitDeny' | 'implicitDeny'][]
}

export interface Statement {
  Effect: 'Allow' | 'Deny'
  Action: string[]
  Resource?: string[]
  NotResource?: string[]
  Condition?: object
}

/** Region and account of the guide's examples. */
export const ARN = 'arn:aws:iot:us-east-1:123456789012:'

export function allow(actions: string, resources: string | string[], condition?: object): Statement {
  return statement('Allow', actions, resources, condition)
}

export function deny(actions: string, resources: string | string[], condition?: object): Statement {
  return statement('Deny', actions, resources, condition)
}

/** Connect with the client id that is the name of the thing. */
export const CONNECT_AS_THING = allow('Connect', 'client/${iot:Connection.Thing.ThingName}')
export const CONNECT_AS_ONE = allow('Connect', 'client/client1')
export const CONNECT_AS_ONE_OF_THREE = allow('Connect', ['client/client1', 'client/client2', 'client/client3'])

/** A client whose certificate is attached to the thing of its name. */
export function thing(name: string, more: object = {}) {
  return { clientId: name, thing: { name, isAttached: true, ...more } }
}

export function client(clientId: string) {
  return { clientId }
}

function statement(Effect: 'Allow' | 'Deny', actions: string, resources: string | string[], condition?: object) {
  const Resource = [resources].flat().map((name) => (name === '*' ? name : ARN + name))
  const Action = actions.split(' ').map((action) => `iot:${action}`)
  return { Effect, Action, Resource, ...(condition && { Condition: condition }) }
}
