import type { Finding } from './finding.ts'
import type { Hit } from './matching.ts'

const SHOWN_REASONS = 3
const SHOWN_CHARACTERS = 40

/** The reasons of a judgement in sentences: the outcome and why, then each rule with the words that count and which way. */
export function explain(
  findings: readonly Finding[],
  outcome: { score: number; approved: boolean; threshold: number },
): string {
  if (findings.length === 0) return 'Approved: no rule speaks about this action or its context.'
  return [verdict(findings, outcome), ...findings.map(sentence)].join(' ')
}

function verdict(
  findings: readonly Finding[],
  { score, approved, threshold }: { score: number; approved: boolean; threshold: number },
): string {
  if (approved)
    return `Approved: the score ${score} is not below ${threshold} and the action breaks no rule with a veto.`
  const vetoes = findings.filter(({ isVetoed }) => isVetoed).map(({ rule }) => `"${rule.name}"`)
  if (vetoes.length > 0) return `Not approved: the action breaks ${vetoes.join(' and ')}, which has a veto.`
  return `Not approved: the score ${score} is below ${threshold}.`
}

function sentence({ rule, inAction, inContext, value }: Finding): string {
  const direction = value > 0 ? 'is kept' : value < 0 ? 'is broken' : 'is kept as much as broken'
  const places = [listed(inAction, 'in the action'), listed(inContext, 'in the context')].filter(Boolean)
  return `"${rule.name}" (weight ${rule.weight}) ${direction}: ${places.join(', ')}.`
}

function listed(hits: readonly Hit[], place: string): string {
  if (hits.length === 0) return ''
  const reasons = hits.map(({ words, value }) => `"${clipped(words)}" speaks ${value > 0 ? 'for' : 'against'} it`)
  const different = [...new Set(reasons)]
  const rest = different.length > SHOWN_REASONS ? [`${different.length - SHOWN_REASONS} more`] : []
  return `${place} ${[...different.slice(0, SHOWN_REASONS), ...rest].join(', ')}`
}

function clipped(words: string): string {
  const characters = [...words]
  return characters.length > SHOWN_CHARACTERS ? `${characters.slice(0, SHOWN_CHARACTERS).join('')}…` : words
}
