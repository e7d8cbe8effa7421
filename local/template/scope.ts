import { malformed, type TemplateDocument } from './document.ts'
import { TemplateError } from './errors.ts'
import { type Evaluated, evaluate, evaluateCondition, NO_VALUE, type Scope } from './intrinsics.ts'
import { isObject, type JsonValue, ownMember, quote } from './json.ts'

/** Values of the pseudo parameters of one stack. */
export interface PseudoParameters {
  readonly region: string
  readonly accountId: string
  readonly stackName: string
  /** Default: an ARN made of region, account and stack name. */
  readonly stackId?: string
  /** Default `aws`. */
  readonly partition?: string
  /** Default `amazonaws.com`. */
  readonly urlSuffix?: string
}

/** Values of Ref and Fn::GetAtt of a resource that exists. */
export interface ResourceValues {
  readonly ref: JsonValue
  attribute(name: string): JsonValue | undefined
  readonly attributeNames: readonly string[]
}

/** Looks names up in pseudo parameters, parameters, conditions, mappings and the resources created so far. */
export function createScope(options: {
  document: TemplateDocument
  pseudo: PseudoParameters
  parameters: ReadonlyMap<string, JsonValue>
  resources: ReadonlyMap<string, ResourceValues>
}): Scope {
  const { document, parameters, resources } = options
  const pseudo = pseudoValues(options.pseudo)
  const conditions = new Map<string, boolean | 'evaluating'>()

  function resource(logicalId: string, path: string): ResourceValues {
    const values = resources.get(logicalId)
    if (values !== undefined) return values
    const condition = document.resources.get(logicalId)?.condition
    const reason =
      condition !== undefined && !scope.condition(condition, path)
        ? `resource ${logicalId} is left out because condition ${condition} is false`
        : `expected a resource, parameter or pseudo parameter, got ${quote(logicalId)}`
    throw new TemplateError('UNRESOLVED_REFERENCE', path, reason)
  }

  const scope: Scope = {
    ref(name, path) {
      return pseudo.get(name) ?? parameters.get(name) ?? resource(name, path).ref
    },
    attribute(logicalId, attribute, path) {
      const values = resource(logicalId, path)
      const value = values.attribute(attribute)
      if (value !== undefined) return value
      const known = values.attributeNames.join(', ') || 'none'
      throw new TemplateError('UNKNOWN_ATTRIBUTE', path, `${logicalId} has no attribute ${attribute}; it has: ${known}`)
    },
    condition(name, path) {
      const known = conditions.get(name)
      if (typeof known === 'boolean') return known
      const body = ownMember(document.conditions, name)
      if (body === undefined) throw new TemplateError('UNRESOLVED_REFERENCE', path, `unknown condition ${quote(name)}`)
      if (known === 'evaluating') throw new TemplateError('TEMPLATE_CYCLE', path, `condition ${name} refers to itself`)
      conditions.set(name, 'evaluating')
      const result = evaluateCondition(body, scope, `Conditions.${name}`)
      conditions.set(name, result)
      return result
    },
    mapping(path, map, first, second) {
      const table = ownMember(document.mappings, map)
      if (!isObject(table)) throw new TemplateError('UNRESOLVED_REFERENCE', path, `unknown mapping ${quote(map)}`)
      const row = ownMember(table, first)
      if (row === undefined) return undefined
      if (!isObject(row)) throw malformed(`Mappings.${map}.${first}`, 'an object', row)
      const value = ownMember(row, second)
      return value === undefined ? undefined : withoutNoValue(evaluate(value, scope, path))
    },
  }
  return scope
}

function withoutNoValue(value: Evaluated): JsonValue | undefined {
  return value === NO_VALUE ? undefined : value
}

function pseudoValues(pseudo: PseudoParameters): ReadonlyMap<string, Evaluated> {
  const { region, accountId, stackName, partition = 'aws', urlSuffix = 'amazonaws.com' } = pseudo
  const stackId = `arn:${partition}:cloudformation:${region}:${accountId}:stack/${stackName}/local`
  return new Map<string, Evaluated>([
    ['AWS::Region', region],
    ['AWS::AccountId', accountId],
    ['AWS::Partition', partition],
    ['AWS::URLSuffix', urlSuffix],
    ['AWS::StackName', stackName],
    ['AWS::StackId', pseudo.stackId ?? stackId],
    ['AWS::NotificationARNs', []],
    ['AWS::NoValue', NO_VALUE],
  ])
}
