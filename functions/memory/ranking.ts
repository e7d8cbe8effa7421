import MiniSearch from 'minisearch'
import type { MemoryEntry } from '#contract/index.ts'
import type { Memory } from './memory-table.ts'

/** Alone, it lists the newest memories instead of searching. */
const MATCH_ALL = '*'
const WORD = /[\p{L}\p{N}\p{M}]+/gu
/** Longer runs are no words; they are not searched. */
const MAX_WORD_CHARACTERS = 64
const SCORE_STEPS = 10_000

/**
 * The memories that match, best first, and of equal ones the newest. Content and tags are compared by whole words without regard to
 * case; any word of the query is enough, and BM25 over the given memories orders them. The best match has score 1, the others
 * their share of it. {@link MATCH_ALL} gives every memory with score 1, newest first.
 */
export function rankMemories(query: string, memories: readonly Memory[]): MemoryEntry[] {
  const newestFirst = [...memories].sort((a, b) => descending(a.created_at, b.created_at) || descending(a.id, b.id))
  if (query.trim() === MATCH_ALL) return newestFirst.map((memory) => entryOf(memory, 1))
  // positions are the ids: one id may stand in two layers
  const documents = newestFirst.map(({ content, tags }, position) => ({ id: position, content, tags: tags.join(' ') }))
  const wanted = new Set(wordsOf(query))
  const index = new MiniSearch({
    fields: ['content', 'tags'],
    tokenize: wordsOf,
    // the index lives for one query: words it does not ask for count in the length of a text and are not kept
    processTerm: (word) => (wanted.has(word) ? word : null),
  })
  index.addAll(documents)
  const found = index.search(query).sort((a, b) => b.score - a.score || Number(a.id) - Number(b.id))
  const best = found[0]?.score ?? 1
  return found.flatMap(({ id, score }) => {
    const memory = newestFirst[Number(id)]
    return memory ? [entryOf(memory, Math.round((score / best) * SCORE_STEPS) / SCORE_STEPS)] : []
  })
}

/** What is told of a memory. */
export function entryOf({ id, layer, content, tags, created_at }: Memory, score: number): MemoryEntry {
  return { id, layer, content, tags, score, created_at }
}

function wordsOf(text: string): string[] {
  const words = text.normalize('NFKC').toLowerCase().match(WORD) ?? []
  return words.filter((word) => word.length <= MAX_WORD_CHARACTERS)
}

function descending(a: string, b: string): number {
  return a === b ? 0 : a > b ? -1 : 1
}
