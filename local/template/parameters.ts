import { malformed, type TemplateDocument } from './document.ts'
import { TemplateError } from './errors.ts'
import { isList, isObject, type JsonObject, type JsonValue, quote } from './json.ts'

const SSM_TYPE = 'AWS::SSM::Parameter::Value<'

/**
 * The value of every parameter: the one given, else its default. Parameters read from SSM (such as the CDK's
 * `BootstrapVersion`) are left out, so only a reference to one is an error. Throws PARAMETER_MISSING, PARAMETER_INVALID.
 */
export function parameterValues(
  document: TemplateDocument,
  given: Readonly<Record<string, string>>,
): ReadonlyMap<string, JsonValue> {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(document.parameters, name))
  if (unknown !== undefined) {
    throw new TemplateError('PARAMETER_INVALID', `Parameters.${unknown}`, 'the template has no such parameter')
  }
  const values = new Map<string, JsonValue>()
  for (const [name, definition] of Object.entries(document.parameters)) {
    const path = `Parameters.${name}`
    if (!isObject(definition)) throw malformed(path, 'an object', definition)
    const type = String(definition.Type)
    const value = given[name] ?? definition.Default
    if (type.startsWith(SSM_TYPE) && given[name] === undefined) continue
    if (value === undefined) throw new TemplateError('PARAMETER_MISSING', path, 'has no default and no value was given')
    values.set(name, readParameter(String(value), type, definition, path))
  }
  return values
}

function readParameter(text: string, type: string, definition: JsonObject, path: string): JsonValue {
  const values = type.includes('List') ? text.split(',').map((item) => item.trim()) : [text]
  const allowed = definition.AllowedValues
  for (const value of values) {
    if (isList(allowed) && !allowed.some((item) => String(item) === value)) {
      throw new TemplateError('PARAMETER_INVALID', path, `expected one of ${quote(allowed)}, got ${quote(value)}`)
    }
    if (type === 'Number' && !Number.isFinite(Number(value))) {
      throw new TemplateError('PARAMETER_INVALID', path, `expected a number, got ${quote(value)}`)
    }
  }
  return type.includes('List') ? values : text
}
