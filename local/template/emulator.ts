import type { JsonObject, JsonValue } from './json.ts'

/** One resource of a template as an emulator gets it, with every intrinsic function resolved. */
export interface ResourceRequest {
  readonly logicalId: string
  readonly type: string
  readonly properties: JsonObject
  readonly metadata?: JsonObject
  readonly stackName: string
  /** Deterministic name for when the properties give none; at most `maxCharacters` (default 64). */
  physicalName(maxCharacters?: number): string
}

/** What an emulator made: the values of Ref and Fn::GetAtt (nested attributes by dotted key or as nested objects). */
export interface Created {
  readonly ref: JsonValue
  readonly attributes?: Readonly<Record<string, JsonValue>>
  /** Each throws what is wrong; for what can only be said when all resources exist, since policies come after the roles they belong to. */
  readonly checks?: readonly (() => void)[]
  dispose?(): Promise<void> | void
}

/**
 * Emulates one CloudFormation type. `create` may throw; the stack then disposes what it made before. With other properties for a
 * resource that exists `update` is called, or `create` again where that alone does; the old one is disposed only if the new one has
 * another `ref`.
 */
export interface Emulator<Context> {
  create(resource: ResourceRequest, context: Context): Promise<Created> | Created
  update?(resource: ResourceRequest, previous: Created, context: Context): Promise<Created> | Created
}

/** Emulators by CloudFormation type; `Custom::*` serves every custom resource that has no key of its own. */
export type Registry<Context> = Readonly<Record<string, Emulator<Context>>>

const CUSTOM = 'Custom::*'

/** The emulator for a CloudFormation type, or undefined. */
export function findEmulator<Context>(registry: Registry<Context>, type: string): Emulator<Context> | undefined {
  if (Object.hasOwn(registry, type)) return registry[type]
  const isCustom = type.startsWith('Custom::') || type === 'AWS::CloudFormation::CustomResource'
  return isCustom && Object.hasOwn(registry, CUSTOM) ? registry[CUSTOM] : undefined
}
