import type { Clock } from '#device/index.ts'
import type { EdgeStore } from '../store/edge-store.ts'

/**
 * Sees to it that every command whose sender waits gets a response: when no program has sent one in time, or none will, the service answers
 * itself. Open commands outlive the process.
 */
export interface AnswerGuard {
  expect(command: { messageId: string; command: string }): Promise<void>
  /** A response is on its way. */
  answered(messageId: string): void
  /** No program will answer. False when nobody waits. */
  giveUp(messageId: string): boolean
  /** Commands that may be answered now: the topics are known. */
  start(): void
  close(): void
}

export function createAnswerGuard(options: {
  store: EdgeStore
  clock: Clock
  withinSeconds: number
  onLate(command: { messageId: string; command: string }): void
}): AnswerGuard {
  const { store, clock, withinSeconds, onLate } = options
  const open = new Map(store.commands.all().map((one) => [one.messageId, one]))
  let cancel = () => {}
  let isStarted = false

  function schedule(): void {
    cancel()
    const next = [...open.values()].sort((one, other) => one.answerByMs - other.answerByMs)[0]
    if (!isStarted || !next) return
    cancel = clock.after(Math.max(next.answerByMs - clock.nowMs(), 0), () => {
      for (const command of [...open.values()]) {
        if (command.answerByMs > clock.nowMs()) continue
        close(command.messageId)
        onLate(command)
      }
      schedule()
    })
  }

  function close(messageId: string): boolean {
    if (!open.delete(messageId)) return false
    void store.batch.add(() => store.commands.remove(messageId))
    return true
  }

  return {
    async expect({ messageId, command }) {
      const waiting = { messageId, command, answerByMs: clock.nowMs() + withinSeconds * 1_000 }
      open.set(messageId, waiting)
      schedule()
      await store.batch.add(() => store.commands.add(waiting))
    },
    answered(messageId) {
      if (close(messageId)) schedule()
    },
    giveUp(messageId) {
      const wasOpen = close(messageId)
      if (wasOpen) schedule()
      return wasOpen
    },
    start() {
      isStarted = true
      schedule()
    },
    close() {
      isStarted = false
      cancel()
    },
  }
}
