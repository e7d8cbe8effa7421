/** What an event or an answer may consist of. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue }
