import { malformed } from './document.ts'
import { evaluate, NO_VALUE, type Scope } from './intrinsics.ts'
import { isObject, type JsonObject } from './json.ts'

/** Evaluates the Outputs section; an output whose condition is false is left out. Exports have no effect here. */
export function evaluateOutputs(outputs: JsonObject, scope: Scope): Record<string, string> {
  const values: Record<string, string> = {}
  for (const [name, output] of Object.entries(outputs)) {
    const path = `Outputs.${name}`
    if (!isObject(output) || output.Value === undefined) throw malformed(path, 'an object with a Value', output)
    const { Condition } = output
    if (typeof Condition === 'string' && !scope.condition(Condition, `${path}.Condition`)) continue
    const value = evaluate(output.Value, scope, `${path}.Value`)
    if (value === NO_VALUE || typeof value === 'object') throw malformed(`${path}.Value`, 'a text', output.Value)
    values[name] = String(value)
  }
  return values
}
