import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, Option } from 'commander'
import jwt from 'jsonwebtoken'
import {
  compilePolicyDocuments,
  DEFAULT_ROOT,
  describeIssue,
  type ExplainInput,
  effectiveRights,
  explainRight,
  type Fleet,
  type Identity,
  type PolicyDocument,
  parseFleet,
  type TokenClaims,
  tokenClaimsSchema,
} from '#contract/index.ts'
import { CommandError, errorCode } from './command-error.ts'
import { ALL_PERMISSIONS } from './issue-token.ts'
import type { Terminal } from './terminal.ts'

const ACTIONS = ['connect', 'publish', 'subscribe', 'receive'] as const
const IOT_ACTION = {
  publish: 'iot:Publish',
  subscribe: 'iot:Subscribe',
  receive: 'iot:Receive',
  connect: 'iot:Connect',
}

const EXAMPLES = `
The fleet file is asked, not the device table: a device that was revoked or changed at run time is not seen. The exit code is 0
for either answer.

Examples:
  npx bridge explain publish jamey/memory/updates --client-id jamey-instance-1
  npx bridge explain subscribe 'jamey/#' --client-id jamey-instance-1 --permissions 'jamey/memory/#'
  npx bridge explain connect --token "$TOKEN"`

interface ExplainOptions {
  clientId?: string
  token?: string
  permissions?: string[]
  role?: string
  root: string
  fleet: string
  json?: boolean
}

/** `bridge explain ACTION [NAME]`: why a device may or may not do something, offline. */
export function explainCommand(program: Command, terminal: Terminal, projectFolder: string): void {
  program
    .command('explain <action> [name]')
    .description(
      `tell why a device may or may not ${ACTIONS.slice(0, -1).join(', ')} or ${ACTIONS.at(-1)}, and by which statement; works offline`,
    )
    .option('--client-id <id>', 'the device, as the fleet file knows it')
    .option('--token <jwt>', 'take client id and permissions from a token (its signature is not checked)')
    .option('--permissions <patterns...>', 'permissions of the token (default: all of the role)')
    .option('--role <name>', 'role of a device that the fleet file does not list')
    .option('--root <root>', 'root of the topics', DEFAULT_ROOT)
    .addOption(new Option('--fleet <file>', 'fleet file').default(join(projectFolder, 'fleet.json'), 'fleet.json'))
    .option('--json', 'one line of JSON')
    .addHelpText('after', EXAMPLES)
    .action((action: string, name: string | undefined, options: ExplainOptions) =>
      explain(action, name, options, terminal),
    )
}

function explain(action: string, name: string | undefined, options: ExplainOptions, terminal: Terminal): void {
  if (!isAction(action))
    throw new CommandError('usage', 'invalid_argument', `expected one of ${ACTIONS.join(', ')}, got ${action}`)
  const claims = options.token === undefined ? undefined : claimsOf(options.token)
  const clientId = claims?.sub ?? options.clientId
  if (clientId === undefined)
    throw new CommandError('usage', 'missing_option', 'name a device with --client-id or --token')
  const fleet = parseFleet(readFleetFile(options.fleet), options.root)
  const { roleName, identity } = deviceOf(fleet, clientId, options.role)
  const input = {
    root: options.root,
    identity,
    rolePermissions: fleet.roles[roleName]?.permissions ?? [],
    tokenPermissions: claims?.permissions ?? options.permissions ?? ALL_PERMISSIONS,
  }
  const documents = compilePolicyDocuments(clientId, effectiveRights(input), 'arn:aws:iot:region:account')
  const decision =
    action === 'connect' ? explainConnect(documents) : explainRight({ ...input, action, name: required(name) })
  const statement = decision.allowed ? findStatement(documents, action, name ?? clientId) : undefined
  const answer = {
    clientId,
    role: roleName,
    action,
    name: name ?? clientId,
    ...decision,
    statement,
  }
  if (options.json) terminal.result(JSON.stringify(answer))
  else show(answer, terminal)
}

function claimsOf(token: string): TokenClaims {
  const parsed = tokenClaimsSchema.safeParse(jwt.decode(token))
  if (parsed.success) return parsed.data
  const problem = describeIssue(parsed.error)
  throw new CommandError('usage', 'token_malformed', `--token: expected a JWT with the claims of a device, ${problem}`)
}

function readFleetFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    const problem = cause instanceof SyntaxError ? 'it is not JSON' : errorCode(cause)
    throw new CommandError('usage', 'fleet_invalid', `--fleet: cannot read ${file}: ${problem}`, { cause })
  }
}

function explainConnect(documents: PolicyDocument[]): ReturnType<typeof explainRight> {
  const granted = documents.flatMap((document) => document.Statement).length > 1
  return granted
    ? { allowed: true, reason: 'the token and the role have rights in common' }
    : { allowed: false, reason: 'the token and the role have no right in common' }
}

function deviceOf(fleet: Fleet, clientId: string, role?: string): { roleName: string; identity: Identity } {
  const device = fleet.devices.find((one) => one.clientId === clientId)
  const roleName = role ?? device?.role
  if (roleName === undefined || !Object.hasOwn(fleet.roles, roleName)) {
    throw new CommandError(
      'usage',
      'device_unknown',
      `the fleet file knows no device "${clientId}"; name its role with --role`,
    )
  }
  return { roleName, identity: { clientId, organizationId: device?.organizationId, deviceId: device?.deviceId } }
}

/** Which document and statement of the policy says so. */
function findStatement(documents: PolicyDocument[], action: keyof typeof IOT_ACTION, name: string): string | undefined {
  for (const [index, { Statement }] of documents.entries()) {
    const number = Statement.findIndex(
      ({ Action, Resource }) => Action.includes(IOT_ACTION[action]) && Resource.some((arn) => arn.endsWith(`/${name}`)),
    )
    if (number >= 0) return `document ${index}, statement ${number} (${IOT_ACTION[action]})`
  }
  return undefined
}

function show(answer: Record<string, unknown> & { allowed: boolean }, { colors, result }: Terminal): void {
  const { allowed, ...facts } = answer
  result(allowed ? colors.green('allowed') : colors.red('denied'))
  for (const [fact, value] of Object.entries(facts)) {
    if (value !== undefined) result(`  ${colors.dim(fact.padEnd(13))} ${String(value)}`)
  }
}

function isAction(text: string): text is (typeof ACTIONS)[number] {
  return ACTIONS.some((action) => action === text)
}

function required(name: string | undefined): ExplainInput['name'] {
  if (name !== undefined) return name
  throw new CommandError('usage', 'missing_argument', 'name a topic or filter after the action')
}
