import { randomUUID } from 'node:crypto'
import { ScanCommand } from '@aws-sdk/client-dynamodb'
import { DescribeThingCommand, ListThingPrincipalsCommand } from '@aws-sdk/client-iot'
import { DeleteConnectionCommand } from '@aws-sdk/client-iot-data-plane'
import { CommandError } from '../../command-error.ts'
import { ALL_PERMISSIONS } from '../../issue-token.ts'
import { askTokenService } from '../../token-service.ts'
import { callApi } from '../call-api.ts'
import type { Examination } from '../examination.ts'
import { Problem } from '../problems.ts'
import { Blocked, type Check } from '../run-checks.ts'

const ABSENT = 'ResourceNotFoundException'

/** Answered and permitted; that there is nothing of this name is an answer too. */
async function answers(action: string, call: () => Promise<unknown>): Promise<string> {
  await callApi(action, call, [ABSENT]).catch((error: unknown) => {
    if (!(error instanceof Error) || error.name !== ABSENT) throw error
  })
  return action
}

async function all(actions: readonly Promise<string>[]): Promise<string> {
  return (await Promise.all(actions)).join(', ')
}

/** The APIs that the commands use and the checks before have not called. Nothing is changed. */
export const apiChecks: readonly Check[] = [
  {
    name: 'api iot',
    run({ clients, options: { clientId: thingName } }) {
      const { iot } = clients()
      return all([
        answers('iot:DescribeThing', () => iot.send(new DescribeThingCommand({ thingName }))),
        answers('iot:ListThingPrincipals', () => iot.send(new ListThingPrincipalsCommand({ thingName }))),
      ])
    },
  },
  {
    name: 'api iot-data',
    run({ clients }) {
      // nobody has this client id, so nobody's connection ends; "bridge device revoke" needs the permission
      const clientId = `doctor-${randomUUID()}`
      return answers('iot:DeleteConnection', () => clients().iotData.send(new DeleteConnectionCommand({ clientId })))
    },
  },
  {
    name: 'api dynamodb',
    run({ clients, names }) {
      const scan = new ScanCommand({ TableName: names().deviceTable, Limit: 1 })
      return answers('dynamodb:Scan', () => clients().dynamoDb.send(scan))
    },
  },
  { name: 'api tokens', run: tokenService },
]

/** A token of the token service, which its log tells of. */
async function tokenService({ options, target }: Examination): Promise<string> {
  const { aws, tokenServiceUrl } = target()
  const serviceUrl = options.service ?? tokenServiceUrl
  if (serviceUrl === undefined) throw new Blocked('name the URL of the token service with --service')
  const request = { clientId: options.clientId, permissions: ALL_PERMISSIONS, lifetimeSeconds: 60 }
  await askTokenService({ aws, serviceUrl }, request).catch((error: unknown) => {
    if (!(error instanceof CommandError)) throw error
    const { code, message } = error
    if (code === 'token_service_unreachable') throw new Problem('service_unreachable', message)
    if (code === 'token_service_refused') throw new Problem('api_denied', message, { name: 'execute-api:Invoke' })
    throw new Problem('api_failed', `the token service refuses: ${code}: ${message}`)
  })
  return 'execute-api:Invoke'
}
