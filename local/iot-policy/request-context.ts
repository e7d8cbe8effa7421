/** Values of one request by condition key, for example `iot:ClientId`. Keys are compared without regard to case. */
export type ContextValues = Readonly<Record<string, string | readonly string[]>>

/** A key as written in a document, with the lower-case form it is looked up by. */
export interface ContextKey {
  readonly text: string
  readonly lowerCase: string
}

export interface RequestContext {
  /** All values of the key; undefined when it is absent or an empty list. */
  values(key: ContextKey): readonly string[] | undefined
  /** What `${key}` stands for; undefined when it cannot be resolved. */
  variable(key: ContextKey): string | undefined
}

/** https://docs.aws.amazon.com/iot/latest/developerguide/cert-policy-variables.html#policy-limits */
export const MAX_CERTIFICATE_VALUE_CHARACTERS = 1024
const CERTIFICATE_PREFIX = 'iot:certificate.'

export function contextKey(text: string): ContextKey {
  return { text, lowerCase: text.toLowerCase() }
}

/**
 * Reads the values of one request. A key that holds a list is no variable, as in IAM. A certificate value with a wildcard
 * or over 1,024 characters is not substituted.
 * https://docs.aws.amazon.com/iot/latest/developerguide/cert-policy-variables.html
 */
export function createRequestContext(values: ContextValues | undefined): RequestContext {
  let byLowerCase: Map<string, string | readonly string[]> | undefined

  function find(key: ContextKey): string | readonly string[] | undefined {
    if (values === undefined) return undefined
    // The document's spelling is nearly always the request's too, and then no map has to be built.
    if (Object.hasOwn(values, key.text)) return values[key.text]
    byLowerCase ??= new Map(Object.entries(values).map(([name, value]) => [name.toLowerCase(), value]))
    return byLowerCase.get(key.lowerCase)
  }

  return {
    values(key) {
      const found = find(key)
      if (typeof found === 'string') return [found]
      return found === undefined || found.length === 0 ? undefined : found
    },
    variable(key) {
      const found = find(key)
      if (typeof found !== 'string') return undefined
      return key.lowerCase.startsWith(CERTIFICATE_PREFIX) && !isSafeCertificateValue(found) ? undefined : found
    },
  }
}

function isSafeCertificateValue(value: string): boolean {
  return value.length <= MAX_CERTIFICATE_VALUE_CHARACTERS && !/[*$+?#]/.test(value)
}
