import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, Option } from 'commander'
import {
  DEFAULT_ROOT,
  DEFAULT_STAGE,
  type DecisionRecord,
  explainRight,
  parseFleet,
  topicName,
} from '#contract/index.ts'
import { CommandError, errorCode } from './command-error.ts'
import { type Answer, showAnswer, tokenFacts } from './explain/answer.ts'
import { askAuthorizer, type Verdict } from './explain/ask-authorizer.ts'
import { ofDeviceTable, ofFleet, unknownDevice } from './explain/registered.ts'
import { readToken, tokenRefusal, verifySignature } from './explain/token.ts'
import { ACTIONS, type Question, readQuestion } from './explain/words.ts'
import { ALL_PERMISSIONS } from './issue-token.ts'
import { DEFAULT_STATE_FOLDER } from './runtime-file.ts'
import type { Terminal } from './terminal.ts'

const EXAMPLES = `
It works offline, from the fleet file. With --live the device table of a bridge is asked as well, for a device that was registered, changed or
revoked at run time, and about the connect with a token its authorizer, which has the last word. The signature of a token is verified where the keys of a bridge can be read; where not, that is said. The exit code is
0 for either answer.

Examples:
  npx bridge explain publish ${topicName(DEFAULT_ROOT, 'memory/updates', {})} --client-id jamey-instance-1
  npx bridge explain publish ${topicName(DEFAULT_ROOT, 'events/status', {})} --retain --client-id jamey-instance-1
  npx bridge explain --client-id jamey-instance-1 --permissions '${DEFAULT_ROOT}/#' '!${topicName(DEFAULT_ROOT, 'events/errors', {})}' subscribe '${DEFAULT_ROOT}/events/#'
  npx bridge explain connect --live --token "$TOKEN"
  npx bridge explain connect --live --client-id sensor-7`

/** A client is told nothing, and neither is this. */
const UNSAID = 'the authorizer of the deployment refuses it; its log has the code (connection_refused)'

interface ExplainOptions {
  clientId?: string
  token?: string
  permissions?: string[]
  retain?: boolean
  live?: boolean
  role?: string
  root: string
  fleet: string
  aws?: boolean
  stage?: string
  state: string
  json?: boolean
}

/** `bridge explain ACTION [NAME]`: why a device may or may not do something, offline. */
export function explainCommand(program: Command, terminal: Terminal, projectFolder: string): void {
  program
    .command('explain [action] [name]')
    .description(
      `tell why a device may or may not ${ACTIONS.slice(0, -1).join(', ')} or ${ACTIONS.at(-1)}, by which pattern and which statement of its policies; works offline`,
    )
    .option('--client-id <id>', 'the device, as the fleet file knows it')
    .option('--token <jwt>', 'take client id and permissions from a token')
    .option('--permissions <patterns...>', 'permissions of the token (default: all of the role)')
    .option('--retain', 'with publish: as a retained message')
    .option(
      '--live',
      'ask the device table: status, role and organization as they are now; with --token the authorizer as well',
    )
    .option('--role <name>', 'role of a device that the fleet file does not list')
    .option('--root <root>', 'root of the topics', DEFAULT_ROOT)
    .addOption(new Option('--fleet <file>', 'fleet file').default(join(projectFolder, 'fleet.json'), 'fleet.json'))
    .option('--json', 'one decision record, as one line of JSON')
    .optionsGroup('Whose keys verify --token, and whose devices --live asks:')
    .option('--aws', 'that of the deployment in your AWS account instead of the local runtime')
    .option('--stage <name>', `with --aws: stage of the deployment (default: "${DEFAULT_STAGE}")`)
    .option('--state <folder>', 'without --aws: state folder of the local runtime', DEFAULT_STATE_FOLDER)
    .addHelpText('after', EXAMPLES)
    .action(async (action: string | undefined, name: string | undefined, options: ExplainOptions) => {
      const words = [action, name].filter((word) => word !== undefined)
      const { question, permissions } = readQuestion(words, options.permissions, options.retain === true)
      const nowSeconds = Math.floor(Date.now() / 1_000)
      const answer = await explain(
        question,
        { ...options, ...(permissions && { permissions: [...permissions] }) },
        nowSeconds,
      )
      if (options.json) terminal.result(JSON.stringify(answer))
      else showAnswer(answer, nowSeconds, terminal)
    })
}

async function explain(question: Question, options: ExplainOptions, nowSeconds: number): Promise<Answer> {
  const token = options.token === undefined ? undefined : readToken(options.token)
  const clientId = options.clientId ?? token?.claims.sub
  if (clientId === undefined)
    throw new CommandError('usage', 'missing_option', 'name a device with --client-id or --token')
  const fleet = parseFleet(readFleetFile(options.fleet), options.root)
  const device = options.live ? await ofDeviceTable(options, clientId, token) : ofFleet(fleet, clientId, options.role)
  if (!device) throw unknownDevice(clientId)
  const { role, identity } = device
  const record = explainRight({
    root: options.root,
    identity,
    rolePermissions: fleet.roles[role]?.permissions ?? [],
    tokenPermissions: token?.claims.permissions ?? options.permissions ?? ALL_PERMISSIONS,
    action: question.action,
    name: question.name ?? clientId,
  })
  // whoever is shut out has lost its connection too, and with it every right
  if (device.refusal !== undefined) return { ...denied(record, device.refusal), role }
  if (!token) return { ...record, role }
  const signature = await verifySignature(token, options)
  const isConnect = question.action === 'connect'
  const notAsked = 'not asked: --live does'
  const authorizer: Verdict = options.live && isConnect ? await askAuthorizer(token.text, clientId, options) : notAsked
  const unsaid = authorizer === 'refuses' && record.decision === 'allowed' ? UNSAID : undefined
  const refusal = tokenRefusal(token, signature, clientId, nowSeconds) ?? unsaid
  // a connection that is there outlives its token, so the other rights are told all the same
  const isRefused = refusal !== undefined && (isConnect || token.claims.sub !== clientId)
  return {
    ...(isRefused ? denied(record, refusal) : record),
    role,
    token: tokenFacts(token, signature),
    record: options.live ? 'accepts' : notAsked,
    ...(isConnect && { authorizer }),
  }
}

function denied({ who, action, resource }: DecisionRecord, reason: string): DecisionRecord {
  return { who, action, resource, decision: 'denied', reason }
}

function readFleetFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    const problem = cause instanceof SyntaxError ? 'it is not JSON' : errorCode(cause)
    throw new CommandError('usage', 'fleet_invalid', `--fleet: cannot read ${file}: ${problem}`, { cause })
  }
}
