import type { Registry } from './emulator.ts'
import type { JsonObject, JsonValue } from './json.ts'
import type { PseudoParameters } from './scope.ts'

/** A resource of a running stack; `emulated` is false for a placeholder. */
export interface StackResource {
  readonly logicalId: string
  readonly type: string
  readonly properties: JsonObject
  readonly ref: JsonValue
  readonly emulated: boolean
  attribute(name: string): JsonValue | undefined
  /** Of its emulator: see `Created`. */
  readonly checks: readonly (() => void)[]
}

/** A resource that could not be made. */
export interface ResourceFailure {
  readonly logicalId: string
  readonly type: string
  readonly error: unknown
  /** Logical ids of resources it refers to that have failed before; this failure may only follow from theirs. */
  readonly because: readonly string[]
}

/** Logical ids. */
export interface StackChanges {
  readonly created: readonly string[]
  readonly updated: readonly string[]
  readonly removed: readonly string[]
}

export interface ResourceEvent {
  readonly phase: 'created' | 'updated' | 'disposed'
  readonly logicalId: string
  readonly type: string
  /** How long the emulator took. */
  readonly durationMs: number
}

/** A stack whose resources exist. */
export interface Stack extends AsyncDisposable {
  readonly stackName: string
  readonly outputs: Readonly<Record<string, string>>
  /** Resources in the order they were created. */
  readonly resources: readonly StackResource[]
  readonly unsupported: readonly { readonly logicalId: string; readonly type: string }[]
  /** Parts of the template without effect here: `logicalId` is absent for a whole section. */
  readonly ignored: readonly { readonly logicalId?: string; readonly attribute: string }[]
  /** Throws UNRESOLVED_REFERENCE for a logical id that does not exist in the running stack. */
  resource(logicalId: string): StackResource
  /**
   * Makes the stack what another template says, and tells what changed. Resources that are said to be the same are left alone. When
   * one cannot be made, those changed before it are put back and the error is thrown: the stack then runs as before.
   */
  update(template: unknown): Promise<StackChanges>
  /** Disposes all resources in reverse order. Goes on after a failure and then throws an AggregateError. */
  dispose(): Promise<void>
}

export interface StackOptions<Context> {
  readonly template: unknown
  readonly registry: Registry<Context>
  readonly pseudo: PseudoParameters
  readonly context: Context
  /** Values of template parameters; others use their defaults. */
  readonly parameters?: Readonly<Record<string, string>>
  onUnsupported(type: string, logicalId: string): void
  onResource?(event: ResourceEvent): void
  /** Called with all resources of a template when they are there; what it throws undoes the change. What is gone or replaced ends after it. */
  onComplete?(resources: readonly StackResource[]): Promise<void> | void
  /** Where given, a resource that cannot be made is told here and a placeholder stands for it; absent: the first one ends the change. */
  onFailure?(failure: ResourceFailure): void
}
