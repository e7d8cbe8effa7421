import { DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import {
  DescribeCertificateCommand,
  DescribeThingCommand,
  IoTClient,
  ListThingGroupsForThingCommand,
  ListThingPrincipalsCommand,
  UpdateCertificateCommand,
} from '@aws-sdk/client-iot'
import { DeleteConnectionCommand, IoTDataPlaneClient, ResourceNotFoundException } from '@aws-sdk/client-iot-data-plane'
import { marshall } from '@aws-sdk/util-dynamodb'
import { mockClient } from 'aws-sdk-client-mock'
import { Command } from 'commander'
import { createColors } from 'picocolors'
import { afterEach, expect, test, vi } from 'vitest'
import { revokeCommand } from '../../../cli/device/revoke.ts'

// the ten seconds before the second look
vi.mock('node:timers/promises', () => ({ setTimeout: async () => undefined }))

const [A, B] = ['a'.repeat(64), 'b'.repeat(64)]
const mocks = [DynamoDBClient, IoTClient, IoTDataPlaneClient].map((client) => mockClient(client as typeof IoTClient))
const [tables, iot, data] = mocks as [(typeof mocks)[0], (typeof mocks)[0], (typeof mocks)[0]]
afterEach(() => {
  for (const mock of mocks) mock.reset()
})

async function revoke(): Promise<{ lines: string[]; error: unknown }> {
  const lines: string[] = []
  const say = (text: string) => void lines.push(text)
  const program = new Command('device').exitOverride()
  revokeCommand(program, { isPerson: false, colors: createColors(false), result: say, note: say })
  const error = await program.parseAsync(['revoke', 'robot', '--aws'], { from: 'user' }).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return { lines, error }
}

function deviceWithCertificates(): void {
  const record = { client_id: 'robot', role: 'agent', status: 'active', key_version: 1, not_before_seconds: 0 }
  tables.on(GetItemCommand).resolves({ Item: marshall(record) })
  tables.on(UpdateItemCommand).resolves({})
  iot.on(DescribeThingCommand).resolves({ thingName: 'robot' })
  iot.on(ListThingGroupsForThingCommand).resolves({})
  iot.on(ListThingPrincipalsCommand).resolves({ principals: [A, B].map((id) => `arn:aws:iot:::cert/${id}`) })
  iot.on(DescribeCertificateCommand).resolves({ certificateDescription: { status: 'ACTIVE' } })
}

test('a certificate that cannot be deactivated keeps neither the other nor the connection, and is told at the end', async () => {
  deviceWithCertificates()
  iot.on(UpdateCertificateCommand).resolves({})
  iot.on(UpdateCertificateCommand, { certificateId: A }).rejects(new Error('throttled'))
  data.on(DeleteConnectionCommand).resolves({})

  const { lines, error } = await revoke()

  expect(error).toMatchObject({ message: 'throttled' })
  expect(lines).toEqual([
    'revoked robot; its connection has ended',
    `  deactivated certificate ${B}`,
    'looking again in 10 s for a connect that was under way',
    'one was, and has ended',
  ])
  expect(data.commandCalls(DeleteConnectionCommand)).toHaveLength(2)
})

test('a first look that fails does not keep the second from being taken', async () => {
  deviceWithCertificates()
  iot.on(UpdateCertificateCommand).resolves({})
  const none = new ResourceNotFoundException({ message: 'not connected', $metadata: {} })
  data.on(DeleteConnectionCommand).rejectsOnce(new Error('throttled')).rejects(none)

  const { lines, error } = await revoke()

  expect(error).toMatchObject({ message: 'throttled' })
  expect(lines[0]).toBe('revoked robot; its connection may be open')
  expect(data.commandCalls(DeleteConnectionCommand)).toHaveLength(2)
})
