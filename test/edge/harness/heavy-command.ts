// A handler on a thread of its own.
import { threadId } from 'node:worker_threads'

export async function handler({ busyMs = 0, exit = false, code }: { busyMs?: number; exit?: boolean; code?: string }) {
  if (exit) process.exit(3)
  if (code !== undefined) throw Object.assign(new Error('said by the handler'), { errorCode: code })
  const endMs = performance.now() + busyMs
  while (performance.now() < endMs);
  return { status: 'success', data: { threadId } }
}
