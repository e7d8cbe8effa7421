import { Command, CommanderError } from 'commander'
import { ERRORS, isBridgeError } from '#contract/index.ts'
import { CommandError, errorCode } from './command-error.ts'
import { endpointCommand } from './endpoint.ts'
import { explainCommand } from './explain.ts'
import { publishCommand } from './publish.ts'
import { requestCommand } from './request.ts'
import { subscribeCommand } from './subscribe.ts'
import { createTerminal, type Terminal } from './terminal.ts'
import { tokenCommand } from './token.ts'
import { topicsCommand } from './topics.ts'

const EXAMPLES = `
Exit codes: 0 done, 1 failed, 2 wrong call. Results go to standard output, everything else to standard error.

Examples:
  npx bridge start
  npx bridge request conscience/evaluate '{"action":"Delete user data","context":"User requested account deletion"}'
  npx bridge help request`

/** Runs one command line and returns its exit code: 0, 1 for a failure, 2 for a wrong call. Errors go to standard error with their code. */
export async function runCommandLine(argv: readonly string[], projectFolder: string): Promise<number> {
  const terminal = createTerminal()
  const program = new Command('bridge')
    .description('mqtt-cloud-bridge: MQTT to cloud workflows, on AWS and on this machine')
    .exitOverride()
    .showHelpAfterError('(--help tells how)')
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error:/, 'usage:')) })
    .addHelpText('after', EXAMPLES)
  try {
    await addCommands(program, terminal, projectFolder, argv[0])
    await program.parseAsync(argv, { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    terminal.note(`${terminal.colors.red(errorCode(error))}: ${error instanceof Error ? error.message : String(error)}`)
    return exitCodeOf(error)
  }
}

/** An error of the contract that its caller can mend comes from a word of the call. */
function exitCodeOf(error: unknown): 1 | 2 {
  if (error instanceof CommandError) return error.exitCode
  return isBridgeError(error) && ERRORS[error.code].fault === 'user' ? 2 : 1
}

async function addCommands(program: Command, terminal: Terminal, projectFolder: string, name?: string): Promise<void> {
  // the runtime is large and only these two commands need it
  const { startCommand } =
    name === 'start' || name === undefined || name.startsWith('-') || name === 'help'
      ? await import('./start.ts')
      : { startCommand: undefined }
  startCommand?.(program, terminal, projectFolder)
  for (const add of [tokenCommand, requestCommand, publishCommand, subscribeCommand, topicsCommand, endpointCommand]) {
    add(program, terminal)
  }
  explainCommand(program, terminal, projectFolder)
}
