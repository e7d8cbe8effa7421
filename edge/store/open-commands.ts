import type { DatabaseSync } from 'node:sqlite'

/** A command whose sender waits for a response. */
export interface OpenCommand {
  readonly messageId: string
  readonly command: string
  readonly answerByMs: number
}

/** Kept over restarts: the sender waits whatever happens to us. */
export interface OpenCommands {
  all(): OpenCommand[]
  add(command: OpenCommand): void
  /** False when it was not open. */
  remove(messageId: string): boolean
}

export function createOpenCommands(database: DatabaseSync): OpenCommands {
  const insert = database.prepare(
    'INSERT OR REPLACE INTO open_commands (message_id, command, answer_by_ms) VALUES (?, ?, ?)',
  )
  const remove = database.prepare('DELETE FROM open_commands WHERE message_id = ?')
  return {
    all() {
      const rows = database.prepare('SELECT * FROM open_commands').all() as unknown as {
        message_id: string
        command: string
        answer_by_ms: number
      }[]
      return rows.map(({ message_id: messageId, command, answer_by_ms: answerByMs }) => ({
        messageId,
        command,
        answerByMs,
      }))
    },
    add: ({ messageId, command, answerByMs }) => void insert.run(messageId, command, answerByMs),
    remove: (messageId) => Number(remove.run(messageId).changes) > 0,
  }
}
