import type { Word } from './words.ts'

/** How many words before a term are searched for what denies it, within its clause. */
const NEGATION_WINDOW_WORDS = 5

const NEGATORS = new Set(
  (
    'not no never none nobody nothing neither nor without cannot cant dont doesnt didnt wont wouldnt shouldnt isnt arent ' +
    'hesitate hesitates hesitating'
  ).split(' '),
)
/** Verbs of refusing and failing, in all their forms. */
const NEGATING_VERBS =
  /^(?:refus(?:e|es|ed|ing|al)|avoid(?:s|ed|ing)?|prevent(?:s|ed|ing|ion)?|stop(?:s|ped|ping)?|refrain(?:s|ed|ing)?|declin(?:e|es|ed|ing)|fail(?:s|ed|ing)?)$/
const NEGATING_CONTRACTION = /n't$/
/** Pairs that deny what follows. */
const NEGATING_PAIRS = new Set(['instead of', 'rather than', 'free of', 'free from'])
/** "not only", "no doubt", "cannot wait", "cannot help": these deny nothing. */
const EMPTY_AFTER_NEGATOR = new Set(['only', 'just', 'merely', 'doubt', 'matter', 'wait', 'help'])
/** Objects that deny the term right before them: "harm nobody", "harm no one". */
const NEGATING_OBJECTS = new Set(['no', 'nobody', 'nothing', 'none'])

/**
 * Tells whether the words from `start` to `end` (exclusive) are denied: an odd number of negators among the five words before them in
 * the same clause, counting a denying object right after them ("harm nobody") as one. Two negators cancel each other ("never fail to …").
 */
export function isDenied(words: readonly Word[], start: number, end: number): boolean {
  const clause = words[start]?.clause
  let negators = 0
  for (let index = Math.max(0, start - NEGATION_WINDOW_WORDS); index < start; index += 1) {
    if (words[index]?.clause === clause && isNegator(words, index)) negators += 1
  }
  const after = words[end]
  if (after?.clause === clause && after && NEGATING_OBJECTS.has(after.text) && isNegator(words, end)) negators += 1
  return negators % 2 === 1
}

function isNegator(words: readonly Word[], index: number): boolean {
  const text = words[index]?.text ?? ''
  const next = words[index + 1]?.text ?? ''
  if (NEGATING_PAIRS.has(`${text} ${next}`)) return true
  const denies = NEGATORS.has(text) || NEGATING_CONTRACTION.test(text) || NEGATING_VERBS.test(text)
  return denies && !EMPTY_AFTER_NEGATOR.has(next)
}
