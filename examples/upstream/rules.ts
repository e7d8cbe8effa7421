/** A moral rule as the API keeps it. */
export interface Rule {
  name: string
  description: string
  weight: number
}

export const DEFAULT_RULES: readonly Rule[] = [
  { name: 'no-harm', description: 'Do not cause physical or emotional harm', weight: 10 },
  { name: 'truth', description: 'Be honest and truthful', weight: 8 },
]

/** Sum of the weights, each by the share of its description's words that stand in the action as whole words. */
export function scoreOf(action: string, rules: Iterable<Rule>): number {
  const said = new Set(wordsOf(action))
  let score = 0
  for (const { description, weight } of rules) {
    const words = wordsOf(description)
    score += words.length > 0 ? (weight * words.filter((word) => said.has(word)).length) / words.length : 0
  }
  return score
}

/** A rule from a request body, or what is wrong with it. */
export function readRule(body: unknown): Rule | string {
  const { name, description, weight } = fieldsOf(body)
  if (!isText(name, 100)) return 'name: expected 1 to 100 characters'
  if (!isText(description, 500)) return 'description: expected 1 to 500 characters'
  if (typeof weight !== 'number' || !(weight >= 0 && weight <= 100)) return 'weight: expected a number from 0 to 100'
  return { name, description, weight }
}

/** The action of a request body, or nothing when it is not valid. */
export function readAction(body: unknown): string | undefined {
  const { action } = fieldsOf(body)
  return isText(action, 1_000) ? action : undefined
}

function fieldsOf(body: unknown): Record<string, unknown> {
  return body !== null && typeof body === 'object' ? (body as Record<string, unknown>) : {}
}

function isText(value: unknown, maxCharacters: number): value is string {
  return typeof value === 'string' && value.length >= 1 && value.length <= maxCharacters
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
}
