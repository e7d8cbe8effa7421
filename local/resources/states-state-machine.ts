import { putOwned } from '../state/index.ts'
import { loadMachine } from '../step-functions/index.ts'
import type { JsonObject } from '../template/index.ts'
import { arn } from './context.ts'
import type { ResourceEmulator } from './emulator.ts'
import { ResourceError } from './errors.ts'
import { readProperties } from './properties.ts'

const STATES_SERVICE = 'states.amazonaws.com'
const SUBSTITUTION = /\$\{([A-Za-z0-9_]+)\}/g

/** AWS::StepFunctions::StateMachine of the standard type. A definition that would be ignored in part is refused. */
export const statesStateMachine: ResourceEmulator = {
  properties: {
    honoured: [
      'Definition',
      'DefinitionString',
      'DefinitionSubstitutions',
      'RoleArn',
      'StateMachineName',
      'StateMachineType',
    ],
    ignored: ['EncryptionConfiguration', 'LoggingConfiguration', 'Tags', 'TracingConfiguration'],
    refused: ['DefinitionS3Location'],
  },
  note: 'standard workflows; executions that run when it changes end by the definition they began with',
  async create(request, context) {
    const properties = readProperties(request)
    const type = properties.optionalText('StateMachineType') ?? 'STANDARD'
    if (type !== 'STANDARD') throw new ResourceError('unsupported_here', `the local runtime has no ${type} workflows`)
    const name = properties.optionalText('StateMachineName') ?? request.physicalName()
    const roleArn = properties.text('RoleArn')
    const machineArn = arn(context, 'states', `stateMachine:${name}`)
    const from = { 'aws:SourceArn': machineArn, 'aws:SourceAccount': context.accountId }
    if (!context.iam.mayAssume(roleArn, STATES_SERVICE, from)) {
      const text = `Neither the global service principal ${STATES_SERVICE}, nor the regional one is authorized to assume the provided role: ${roleArn}`
      throw new ResourceError('role_not_assumable', text)
    }
    const machine = {
      arn: machineArn,
      name,
      roleArn,
      loaded: await loadMachine(definitionOf(request.properties)),
      createdAtMs: Date.now(),
    }
    const dispose = putOwned(context.states.machines, machineArn, machine)
    return { ref: machineArn, attributes: { Arn: machineArn, Name: name, StateMachineRevisionId: 'INITIAL' }, dispose }
  },
}

/** The definition with its substitutions, however it is given. */
export function definitionOf({ Definition, DefinitionString, DefinitionSubstitutions = {} }: JsonObject): unknown {
  const given = DefinitionString ?? (Definition === undefined ? undefined : JSON.stringify(Definition))
  if (typeof given !== 'string') throw new TypeError('expected Definition or DefinitionString')
  const substitutions = Object(DefinitionSubstitutions) as Record<string, unknown>
  const text = given.replace(SUBSTITUTION, (whole, name: string) =>
    Object.hasOwn(substitutions, name) ? JSON.stringify(String(substitutions[name])).slice(1, -1) : whole,
  )
  try {
    return JSON.parse(text)
  } catch {
    throw new TypeError('expected the definition to be JSON')
  }
}
