import { isRecord } from './table-names.ts'

type Item = Readonly<Record<string, unknown>>

/** Of a list or map, and of each of its elements. */
const CONTAINER_BYTES = 3
const ELEMENT_BYTES = 1

/** What an item counts towards its capacity. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html */
export function itemBytes(item: Item): number {
  return sum(Object.entries(item), ([name, value]) => Buffer.byteLength(name) + valueBytes(value))
}

function valueBytes(value: unknown): number {
  const [type = '', content] = Object.entries(isRecord(value) ? value : {})[0] ?? []
  switch (type) {
    case 'S':
      return Buffer.byteLength(String(content))
    case 'N':
      return numberBytes(String(content))
    case 'B':
      return Buffer.from(String(content), 'base64').length
    case 'SS':
    case 'NS':
    case 'BS':
      return sum(list(content), (one) => valueBytes({ [type[0] ?? '']: one }))
    case 'L':
      return CONTAINER_BYTES + sum(list(content), (one) => ELEMENT_BYTES + valueBytes(one))
    case 'M': {
      const entries = Object.entries(isRecord(content) ? content : {})
      return CONTAINER_BYTES + sum(entries, ([name, one]) => ELEMENT_BYTES + Buffer.byteLength(name) + valueBytes(one))
    }
    default:
      return 1
  }
}

/** A byte for two significant digits, and one. */
function numberBytes(text: string): number {
  const digits = text.replace(/[-+.]|e.*$/gi, '').replace(/^0+|0+$/g, '')
  return Math.ceil(digits.length / 2) + 1
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

function sum<Value>(values: readonly Value[], bytesOf: (value: Value) => number): number {
  return values.reduce((total, value) => total + bytesOf(value), 0)
}
