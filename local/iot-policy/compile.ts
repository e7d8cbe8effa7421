import { checkElements, type Place, placeAt, readObject, refusal } from './document-reader.ts'
import { PolicyError } from './policy-error.ts'
import { type CompiledStatement, compileStatement } from './statement.ts'

/** A checked policy document, ready for any number of decisions. */
export interface CompiledPolicy {
  readonly name: string
  readonly statements: readonly CompiledStatement[]
}

export interface CompileOptions {
  /** The document hangs on a resource and names its callers (Principal). Default false: it hangs on a caller. */
  readonly resourcePolicy?: boolean | undefined
}

const DOCUMENT_ELEMENTS = ['Version', 'Id', 'Statement']
const CURRENT_VERSION = '2012-10-17'
/** What a document without Version is; knows no variables. */
const FIRST_VERSION = '2008-10-17'

/**
 * Compiles a policy document, given as JSON text or as the value it stands for. `name` is what decisions and errors call it.
 * Every element is checked: what this evaluator does not know is refused, never ignored. No limit on size is checked.
 * Throws PolicyError: NOT_JSON, MALFORMED, UNKNOWN_ELEMENT, UNKNOWN_OPERATOR, UNKNOWN_VERSION or INVALID_VALUE.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
export function compilePolicy(document: unknown, name: string, options: CompileOptions = {}): CompiledPolicy {
  const root: Place = { policy: name, path: '' }
  const object = readObject(parseDocument(document, root), root, 'a policy document')
  checkElements(object, root, DOCUMENT_ELEMENTS)
  const syntax = {
    hasVariables: readVersion(object.Version, placeAt(root, 'Version')) === CURRENT_VERSION,
    isResourcePolicy: options.resourcePolicy === true,
  }
  const statements = object.Statement
  const place = placeAt(root, 'Statement')
  if (statements === undefined) throw refusal('MALFORMED', place, 'a statement or a list of statements', undefined)
  const list: readonly unknown[] = Array.isArray(statements) ? statements : [statements]
  return {
    name,
    statements: list.map((statement, index) => compileStatement(statement, index, placeAt(place, index), syntax)),
  }
}

function parseDocument(document: unknown, place: Place): unknown {
  if (typeof document !== 'string') return document
  try {
    return JSON.parse(document)
  } catch (error) {
    throw new PolicyError('NOT_JSON', place, `expected JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function readVersion(value: unknown, place: Place): string {
  if (value === undefined || value === FIRST_VERSION) return FIRST_VERSION
  if (value === CURRENT_VERSION) return CURRENT_VERSION
  throw refusal('UNKNOWN_VERSION', place, `"${CURRENT_VERSION}" or "${FIRST_VERSION}"`, value)
}
