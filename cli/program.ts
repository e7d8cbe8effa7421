import { Command, CommanderError } from 'commander'
import { ERRORS, isBridgeError } from '#contract/index.ts'
import { CommandError, errorCode } from './command-error.ts'
import { createTerminal, type Terminal } from './terminal.ts'

type AddCommand = (program: Command, terminal: Terminal, projectFolder: string) => void

/** Only the command that is called is loaded; for the list of them, all are. */
const COMMANDS: Readonly<Record<string, () => Promise<AddCommand>>> = {
  start: async () => (await import('./start.ts')).startCommand,
  token: async () => (await import('./token.ts')).tokenCommand,
  request: async () => (await import('./request.ts')).requestCommand,
  publish: async () => (await import('./publish.ts')).publishCommand,
  subscribe: async () => (await import('./subscribe.ts')).subscribeCommand,
  edge: async () => (await import('./edge.ts')).edgeCommand,
  topics: async () => (await import('./topics.ts')).topicsCommand,
  asyncapi: async () => (await import('./asyncapi.ts')).asyncApiCommand,
  endpoint: async () => (await import('./endpoint.ts')).endpointCommand,
  device: async () => (await import('./device/index.ts')).deviceCommand,
  doctor: async () => (await import('./doctor.ts')).doctorCommand,
  explain: async () => (await import('./explain.ts')).explainCommand,
  policy: async () => (await import('./policy.ts')).policyCommand,
  check: async () => (await import('./check.ts')).checkCommand,
  sql: async () => (await import('./sql.ts')).sqlCommand,
  secret: async () => (await import('./secret.ts')).secretCommand,
  workflow: async () => (await import('./workflow/index.ts')).workflowCommand,
  dlq: async () => (await import('./dlq/index.ts')).dlqCommand,
  requests: async () => (await import('./requests/index.ts')).requestsCommand,
  trace: async () => (await import('./trace/index.ts')).traceCommand,
  cost: async () => (await import('./cost.ts')).costCommand,
  rules: async () => (await import('./rules/index.ts')).rulesCommand,
  status: async () => (await import('./status/index.ts')).statusCommand,
  simulate: async () => (await import('./simulate/index.ts')).simulateCommand,
}

const EXAMPLES = `
Exit codes: 0 done, 1 failed, 2 wrong call. Results go to standard output, everything else to standard error.

Examples:
  npx bridge start
  npx bridge request conscience/evaluate '{"action":"Delete user data","context":"User requested account deletion"}'
  npx bridge help request`

/** Runs one command line and returns its exit code: 0, 1 for a failure, 2 for a wrong call. Errors go to standard error with their code. */
export async function runCommandLine(argv: readonly string[], projectFolder: string): Promise<number> {
  const terminal = createTerminal()
  try {
    const program = await createProgram(terminal, projectFolder, argv[0])
    await program.parseAsync(argv, { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    terminal.note(`${terminal.colors.red(errorCode(error))}: ${error instanceof Error ? error.message : String(error)}`)
    return exitCodeOf(error)
  }
}

/** The command line with the named command, or with all of them. */
export async function createProgram(terminal: Terminal, projectFolder: string, name = ''): Promise<Command> {
  const program = new Command('bridge')
    .description('mqtt-cloud-bridge: MQTT to cloud workflows, on AWS and on this machine')
    .exitOverride()
    .showHelpAfterError('(--help tells how)')
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error:/, 'usage:')) })
    .addHelpText('after', EXAMPLES)
  const loaders = Object.hasOwn(COMMANDS, name) ? [COMMANDS[name]] : Object.values(COMMANDS)
  for (const load of loaders) (await load?.())?.(program, terminal, projectFolder)
  return program
}

/** An error of the contract that its caller can mend comes from a word of the call. */
function exitCodeOf(error: unknown): 1 | 2 {
  if (error instanceof CommandError) return error.exitCode
  return isBridgeError(error) && ERRORS[error.code].fault === 'user' ? 2 : 1
}
