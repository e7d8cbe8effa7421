export type Attributes = Record<string, { S?: string; N?: string }>

/** Plain reading of the few attribute types a record has; the document client would add its whole converter to each bundle. */
export function readAttributes(item: Attributes): Record<string, string | number | undefined> {
  return Object.fromEntries(
    Object.entries(item).map(([name, value]) => [name, value.N === undefined ? value.S : Number(value.N)]),
  )
}
