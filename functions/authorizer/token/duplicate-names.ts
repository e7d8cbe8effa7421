const [QUOTE, BACKSLASH, COLON] = ['"', '\\', ':'].map((character) => character.charCodeAt(0))
const WHITE_SPACE = new Set([' ', '\t', '\n', '\r'].map((character) => character.charCodeAt(0)))

/**
 * Tells whether an object of a JSON text, at any depth, has a name twice: readers differ in which of the two they take. The text must be
 * JSON. One pass, character by character and without recursion, since every connect goes through it.
 */
export function hasDuplicateNames(json: string): boolean {
  /** The names of the objects that are open; undefined for a list. */
  const open: (Set<string> | undefined)[] = []
  for (let index = 0; index < json.length; index += 1) {
    const character = json[index]
    if (character === '{') open.push(new Set())
    else if (character === '[') open.push(undefined)
    else if (character === '}' || character === ']') open.pop()
    else if (character === '"') {
      const end = endOfString(json, index)
      if (isName(json, end)) {
        const name = json.slice(index, end)
        const read = name.includes('\\') ? JSON.stringify(JSON.parse(name)) : name
        const names = open.at(-1)
        if (names?.has(read)) return true
        names?.add(read)
      }
      index = end - 1
    }
  }
  return false
}

/** The place behind the closing quote. */
function endOfString(json: string, start: number): number {
  let index = start + 1
  while (index < json.length && json.charCodeAt(index) !== QUOTE) index += json.charCodeAt(index) === BACKSLASH ? 2 : 1
  return index + 1
}

function isName(json: string, end: number): boolean {
  let index = end
  while (WHITE_SPACE.has(json.charCodeAt(index))) index += 1
  return json.charCodeAt(index) === COLON
}
