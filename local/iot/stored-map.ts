import type { DatabaseSync } from 'node:sqlite'

/** A map whose values come back at the next start, except those that `isKept` leaves to whoever makes them anew. */
export function storedMap<Value>(
  db: DatabaseSync | undefined,
  kind: string,
  isKept: (value: Value) => boolean = () => true,
): Map<string, Value> {
  return db ? new StoredMap(db, kind, isKept) : new Map()
}

class StoredMap<Value> extends Map<string, Value> {
  readonly #isKept: (value: Value) => boolean
  readonly #save: (name: string, value: Value) => void
  readonly #remove: (name: string) => void

  constructor(db: DatabaseSync, kind: string, isKept: (value: Value) => boolean) {
    super()
    db.exec(
      'create table if not exists iot_registry (kind text, name text, value text not null, primary key (kind, name)) strict',
    )
    const upsert = db.prepare('insert or replace into iot_registry (kind, name, value) values (?, ?, ?)')
    const remove = db.prepare('delete from iot_registry where kind = ? and name = ?')
    for (const row of db.prepare('select name, value from iot_registry where kind = ? order by name').all(kind)) {
      super.set(String(row.name), JSON.parse(String(row.value)) as Value)
    }
    this.#isKept = isKept
    this.#save = (name, value) => void upsert.run(kind, name, JSON.stringify(value))
    this.#remove = (name) => void remove.run(kind, name)
  }

  override set(name: string, value: Value): this {
    if (this.#isKept(value)) this.#save(name, value)
    else this.#remove(name)
    return super.set(name, value)
  }

  override delete(name: string): boolean {
    this.#remove(name)
    return super.delete(name)
  }

  override clear(): void {
    for (const name of [...this.keys()]) this.delete(name)
  }
}
