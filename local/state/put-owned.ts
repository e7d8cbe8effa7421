/**
 * Sets a value of a map and returns how to take it away again, which does nothing once another value has its place: whoever is
 * replaced cannot remove who came after.
 */
export function putOwned<Key, Value extends object>(map: Map<Key, Value>, key: Key, value: Value): () => void {
  map.set(key, value)
  return () => {
    if (map.get(key) === value) map.delete(key)
  }
}
