/**
 * Shell-style matching of topics, as programs on devices have used it: `*` is any run of characters, also over slashes, `?` one character,
 * `[…]` a set with ranges, `[!…]` all but a set; the case counts. A set that does not end stands for itself. The time is at most the
 * product of both lengths, whatever the pattern: it comes from outside.
 */
export function compileShellPattern(pattern: string): (topic: string) => boolean {
  const steps = parse(pattern)
  return (topic) => matchSteps(steps, [...topic])
}

type Step = 'run' | ((character: string) => boolean)

function parse(pattern: string): Step[] {
  const characters = [...pattern]
  const steps: Step[] = []
  for (let index = 0; index < characters.length; index++) {
    const character = characters[index] ?? ''
    const end = character === '[' ? endOfSet(characters, index) : undefined
    if (character === '*') {
      if (steps.at(-1) !== 'run') steps.push('run')
    } else if (character === '?') steps.push(() => true)
    else if (end !== undefined) {
      steps.push(setOf(characters.slice(index + 1, end)))
      index = end
    } else steps.push((one) => one === character)
  }
  return steps
}

/** A `]` right at the beginning belongs to the set. */
function endOfSet(characters: readonly string[], start: number): number | undefined {
  const first = characters[start + 1] === '!' ? start + 2 : start + 1
  const end = characters.indexOf(']', first + 1)
  return end === -1 ? undefined : end
}

function setOf(content: readonly string[]): (character: string) => boolean {
  const isNegated = content[0] === '!'
  const members = isNegated ? content.slice(1) : content
  const ranges: [string, string][] = []
  for (let index = 0; index < members.length; index++) {
    const from = members[index] ?? ''
    const to = members[index + 1] === '-' ? members[index + 2] : undefined
    ranges.push([from, to ?? from])
    if (to !== undefined) index += 2
  }
  return (character) => ranges.some(([from, to]) => from <= character && character <= to) !== isNegated
}

/** On a mismatch the last run takes one character more. */
function matchSteps(steps: readonly Step[], topic: readonly string[]): boolean {
  let step = 0
  let at = 0
  let run = -1
  let runEnds = 0
  while (at < topic.length) {
    const current = steps[step]
    if (current === 'run') {
      run = step
      runEnds = at
      step += 1
    } else if (current?.(topic[at] ?? '')) {
      step += 1
      at += 1
    } else if (run >= 0) {
      step = run + 1
      runEnds += 1
      at = runEnds
    } else return false
  }
  while (steps[step] === 'run') step += 1
  return step === steps.length
}
