import { createInterface } from 'node:readline'
import type { ReviewCase, ReviewDecision } from '#contract/index.ts'

export type Decision = ReviewDecision

/** Where cases are laid before a person, one after the other. */
export interface Desk extends Disposable {
  /** Never resolves when the desk closes first: who asked is asked again by its own deadline. */
  decide(asked: ReviewCase): Promise<Decision>
}

const ANSWER = /^\s*(y|yes|n|no)(?:\s+(.*\S))?\s*$/i

/** A desk at the terminal; with `always` nobody is asked. */
export function openDesk({ always, signal }: { always: Decision | undefined; signal: AbortSignal }): Desk {
  const lines = always ? undefined : createInterface({ input: process.stdin, signal })
  let last: Promise<unknown> = Promise.resolve()

  function ask(asked: ReviewCase): Promise<Decision> {
    return new Promise((resolve) => {
      show(asked)
      const onLine = (line: string) => {
        const [, word, reason = null] = ANSWER.exec(line) ?? []
        if (word === undefined) {
          console.log('y [reason] approves, n [reason] rejects')
          return
        }
        lines?.off('line', onLine)
        resolve({ approved: /^y/i.test(word), reason })
      }
      lines?.on('line', onLine)
    })
  }

  return {
    decide(asked) {
      if (always) {
        show(asked)
        console.log(always.approved ? 'approved' : 'rejected')
        return Promise.resolve(always)
      }
      const decided = last.then(() => ask(asked))
      last = decided
      return decided
    },
    [Symbol.dispose]() {
      lines?.close()
    },
  }
}

function show(asked: ReviewCase): void {
  const { action, context, client_id: clientId, moral_score: score, explanation } = asked
  console.log(`\n${clientId} wants to: ${oneLine(action)}`)
  if (context !== '') console.log(`  context      ${oneLine(context)}`)
  console.log(`  conscience   ${score.toFixed(2)}, ${oneLine(explanation)}`)
  console.log('approve? y [reason] or n [reason]')
}

/** What a device sent is shown and never obeyed: control characters would move the cursor. */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ')
}
