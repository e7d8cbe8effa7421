import { charge, chargeMembers, chargeText, checkTextLength } from '../evaluation/limits.ts'
import { toTexts } from '../values/convert.ts'
import { writeJson } from '../values/json-text.ts'
import { toInteger } from '../values/numbers.ts'
import {
  isArray,
  isObject,
  memberOf,
  type SqlJson,
  type SqlObject,
  type SqlValue,
  setMember,
} from '../values/values.ts'
import { type CallContext, define, type SqlFunction } from './sql-function.ts'
import { charactersOf } from './text-functions.ts'

const MAX_TRANSFORMED_BYTES = 128 * 1024

/** Arrays, objects, and the values that stand for absence. */
export const COLLECTION_FUNCTIONS: readonly SqlFunction[] = [
  define('get', 2, ([collection, key]) => get(collection, key)),
  define('concat', [0, Number.POSITIVE_INFINITY], (args) => concat(args)),
  define('isNull', 1, ([value]) => value === null),
  define('isUndefined', 1, ([value]) => value === undefined, { since: '2016-03-23' }),
  // no value here is NaN: what would be one is Undefined
  define('nanvl', 2, ([value, otherwise]) => value ?? otherwise),
  define('transform', 3, ([mode, object, array], context) => transform(mode, object, array, context), {
    since: '2016-03-23',
    refuseArguments: ([mode]) =>
      mode?.kind === 'variable' ? `expected the mode as a text, found ${mode.name}` : undefined,
  }),
]

/** An item by its index from 0, a character likewise, or a member by its name. */
function get(collection: SqlValue, key: SqlValue): SqlValue {
  if (isObject(collection)) return typeof key === 'string' ? memberOf(collection, key) : undefined
  if (typeof collection !== 'string' && !isArray(collection)) return undefined
  const index = toInteger(key)
  if (index === undefined) return undefined
  return typeof collection === 'string' ? charactersOf(collection)[index] : collection[index]
}

/** With an array among the arguments one flattened array, else one text. One argument is given back as it is. */
function concat(args: readonly SqlValue[]): SqlValue {
  if (args.length < 2) return args[0]
  if (!args.some(isArray)) {
    const texts = toTexts(args)
    checkTextLength(texts?.reduce((sum, { length }) => sum + length, 0) ?? 0)
    return texts?.join('')
  }
  const items: SqlJson[] = []
  for (const item of args) {
    if (item === undefined) return undefined
    if (isArray(item)) charge(item.length)
    if (isArray(item)) for (const one of item) items.push(one)
    else items.push(item)
  }
  return items
}

/** `enrichArray`: every object of the array with the members of the one object. */
function transform(mode: SqlValue, object: SqlValue, array: SqlValue, { settings }: CallContext): SqlValue {
  if (mode !== 'enrichArray' || !isObject(object) || !isArray(array) || !array.every(isObject)) return undefined
  const objectWins = settings.choices.enrichedMember === 'object'
  let bytes = 0
  const enriched: SqlObject[] = []
  for (const element of array) {
    const one = objectWins ? merge(element, object) : merge(object, element)
    const text = writeJson(one)
    chargeText(text.length)
    bytes += Buffer.byteLength(text)
    if (bytes > MAX_TRANSFORMED_BYTES) return undefined
    enriched.push(one)
  }
  return enriched
}

function merge(first: SqlObject, second: SqlObject): SqlObject {
  const merged: { [key: string]: SqlJson } = {}
  for (const object of [first, second]) {
    const members = Object.entries(object)
    chargeMembers(members.length)
    for (const [name, member] of members) setMember(merged, name, member)
  }
  return merged
}
