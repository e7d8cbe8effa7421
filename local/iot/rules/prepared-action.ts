import type { RuleOutput } from '../../iot-sql/index.ts'
import type { RuleTargets } from './rule-targets.ts'

/** A text with substitution templates, rendered for one message. Rejects when it cannot be. */
export type Template = (run: ActionRun) => Promise<string>

/** What actions of one message are given. */
export interface ActionRun {
  readonly output: RuleOutput
  /** For templates, which see the message and not the output. */
  readonly evaluate: (template: string) => Promise<string>
}

/** What actions are made from. */
export interface ActionKit {
  readonly rule: { readonly name: string; readonly arn: string }
  readonly targets: RuleTargets
  /** Checks and compiles a text. Throws SqlError. */
  template(text: string): Template
}

/** An action of a rule, ready to be performed. */
export interface PreparedAction {
  /** Type in metrics, for example `Lambda`; with `Action` behind it what an error message calls it. */
  readonly type: string
  /** What an error message names as its target. */
  readonly resource: string
  perform(run: ActionRun): Promise<void>
}
