/** One word of a text, case-folded. */
export interface Word {
  text: string
  /** Words of one clause share the number. */
  clause: number
}

const WORD_OR_BOUNDARY = /[\p{L}\p{N}\p{M}]+(?:'[\p{L}\p{N}\p{M}]+)*|[,.;:!?\n]/gu
const BOUNDARY = /^[,.;:!?\n]$/
/** Words that begin a clause of their own: what was denied before them is not denied after them. */
const CLAUSE_OPENERS = new Set('but however although though then instead unless until because except'.split(' '))

/** Text in one spelling for each word: compatibility forms, typographic apostrophes and case no longer differ. */
export function foldCase(text: string): string {
  // upper case first, so that letters without a single lower-case form fold alike
  return text.normalize('NFKC').replaceAll('’', "'").toUpperCase().toLowerCase()
}

/**
 * The words of a text in order. A clause ends at `, . ; : ! ?` in any width (and `…`), a line break, or before a word such as "but" or "then"; other marks
 * only separate words.
 */
export function wordsOf(text: string): Word[] {
  const words: Word[] = []
  let clause = 0
  for (const [piece] of foldCase(text).matchAll(WORD_OR_BOUNDARY)) {
    if (BOUNDARY.test(piece)) clause += 1
    else {
      if (CLAUSE_OPENERS.has(piece)) clause += 1
      words.push({ text: piece, clause })
    }
  }
  return words
}
