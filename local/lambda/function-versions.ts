import type { DatabaseSync } from 'node:sqlite'
import { LambdaError } from './lambda-error.ts'

export const LATEST = '$LATEST'

/** Versions and aliases of functions: the names under which they may be invoked beside their own. */
export interface FunctionVersions {
  /** The number of the version that a resource of the template publishes; the same after a restart. Returns how to take it away. */
  publish(functionName: string, resource: string): { version: string; remove(): void }
  /** Returns how to take the alias away. `ResourceNotFoundException`: the function has no such version. */
  alias(functionName: string, name: string, version: string): () => void
  /** The version that a qualifier stands for; `$LATEST` without one. `ResourceNotFoundException`. */
  resolve(functionName: string, qualifier: string | undefined): string
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS lambda_version (
    function_name TEXT NOT NULL,
    version INTEGER NOT NULL,
    resource TEXT NOT NULL,
    PRIMARY KEY (function_name, resource)
  ) STRICT;
`

/** Numbers are never given twice, as on Lambda: what names a version means the one it was made for. */
export function createFunctionVersions(db: DatabaseSync): FunctionVersions {
  db.exec(SCHEMA)
  const known = db.prepare('SELECT version FROM lambda_version WHERE function_name = ? AND resource = ?')
  const last = db.prepare('SELECT max(version) AS version FROM lambda_version WHERE function_name = ?')
  const insert = db.prepare('INSERT INTO lambda_version VALUES (?, ?, ?)')
  /** `<function>:<version or alias>` to the version, with who put it there. */
  const names = new Map<string, { version: string }>()

  function put(functionName: string, name: string, version: string): () => void {
    const key = `${functionName}:${name}`
    const entry = { version }
    names.set(key, entry)
    return () => {
      if (names.get(key) === entry) names.delete(key)
    }
  }

  function resolve(functionName: string, qualifier: string | undefined): string {
    if (qualifier === undefined || qualifier === LATEST) return LATEST
    const entry = names.get(`${functionName}:${qualifier}`)
    if (entry) return entry.version
    throw new LambdaError('ResourceNotFoundException', `Function not found: ${functionName}:${qualifier}`)
  }

  return {
    publish(functionName, resource) {
      const stored = known.get(functionName, resource)?.version
      const number = Number(stored ?? Number(last.get(functionName)?.version ?? 0) + 1)
      if (stored === undefined) insert.run(functionName, number, resource)
      const version = String(number)
      return { version, remove: put(functionName, version, version) }
    },
    alias(functionName, name, version) {
      return put(functionName, name, resolve(functionName, version))
    },
    resolve,
  }
}
