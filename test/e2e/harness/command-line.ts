import { vi } from 'vitest'
import { runCommandLine } from '#cli/index.ts'
import { PROJECT_FOLDER } from './assembly.ts'
import type { CommandResult } from './bridge-process.ts'

/**
 * Runs one command in this process, which saves the half second that a process of its own takes to begin. One at a time: both outputs are
 * those of the process.
 */
export async function runHere(args: readonly string[]): Promise<CommandResult> {
  const output = { stdout: '', stderr: '' }
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      output[name] += String(text)
      return true
    }),
  )
  const listeners = process.stdout.listeners('error')
  try {
    return { exitCode: await runCommandLine(args, PROJECT_FOLDER), ...output }
  } finally {
    for (const spy of spies) spy.mockRestore()
    for (const listener of process.stdout.listeners('error')) {
      if (!listeners.includes(listener)) process.stdout.off('error', listener as () => void)
    }
  }
}
