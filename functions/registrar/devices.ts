import { type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { SERVER_NAMES_KEY } from '#contract/index.ts'
import type { DeviceProperties } from './event.ts'

/** Writes what a deployment says of devices, and nothing that was decided at run time. */
export interface DeviceWriter {
  /**
   * Role and organization follow the fleet file; a revoked device stays revoked. A removed one comes back with nothing that it had: its keys,
   * tokens and certificates may be in other hands by now.
   */
  put(device: DeviceProperties): Promise<void>
  /** Keeps the record, so that a key version is not used twice; the device no longer connects. */
  remove(clientId: string): Promise<void>
  putServerNames(names: { all: readonly string[]; withCertificate: readonly string[] }): Promise<void>
}

export function createDeviceWriter(
  client: DynamoDBClient,
  tableName: string,
  nowMs: () => number = Date.now,
): DeviceWriter {
  const update = (
    clientId: string,
    expression: string,
    values: Record<string, { S: string } | { N: string } | { L: { S: string }[] }>,
    names?: Record<string, string>,
  ) =>
    client.send(
      new UpdateItemCommand({
        TableName: tableName,
        Key: { client_id: { S: clientId } },
        UpdateExpression: expression,
        ExpressionAttributeValues: values,
        ...(names && { ExpressionAttributeNames: names }),
      }),
    )

  return {
    async put(device) {
      const optional = { organization_id: device.OrganizationId, device_id: device.DeviceId }
      const present = Object.entries(optional).filter((entry): entry is [string, string] => entry[1] !== undefined)
      const absent = Object.keys(optional).filter((name) => !present.some(([one]) => one === name))
      const sets = [
        '#role = :role',
        '#status = if_not_exists(#status, :active)',
        'key_version = if_not_exists(key_version, :one)',
      ]
      sets.push(
        'not_before_seconds = if_not_exists(not_before_seconds, :zero)',
        ...present.map(([name]) => `${name} = :${name}`),
      )
      await update(
        device.ClientId,
        `SET ${sets.join(', ')}${absent.length > 0 ? ` REMOVE ${absent.join(', ')}` : ''}`,
        {
          ':role': { S: device.Role },
          ':active': { S: 'active' },
          ':one': { N: '1' },
          ':zero': { N: '0' },
          ...Object.fromEntries(present.map(([name, value]) => [`:${name}`, { S: value }])),
        },
        { '#role': 'role', '#status': 'status' },
      )
      await changeStatus(device.ClientId, 'removed', 'active', {
        expression: ', key_version = key_version + :one, not_before_seconds = :next REMOVE certificate_ids',
        // tokens count in whole seconds: none of this one is taken
        values: { ':one': { N: '1' }, ':next': { N: String(Math.floor(nowMs() / 1_000) + 1) } },
      })
    },
    remove: (clientId) => changeStatus(clientId, 'active', 'removed'),
    async putServerNames({ all, withCertificate }) {
      const list = (names: readonly string[]) => ({ L: names.map((name) => ({ S: name.toLowerCase() })) })
      await update(SERVER_NAMES_KEY, 'SET server_names = :names, certificate_server_names = :with_certificate', {
        ':names': list(all),
        ':with_certificate': list(withCertificate),
      })
    },
  }

  /** Does nothing when the status is another one. */
  async function changeStatus(
    clientId: string,
    from: string,
    to: string,
    more: { expression: string; values: Record<string, { N: string }> } = { expression: '', values: {} },
  ): Promise<void> {
    await client
      .send(
        new UpdateItemCommand({
          TableName: tableName,
          Key: { client_id: { S: clientId } },
          UpdateExpression: `SET #status = :to${more.expression}`,
          ConditionExpression: '#status = :from',
          ExpressionAttributeNames: { '#status': 'status' },
          ExpressionAttributeValues: { ':from': { S: from }, ':to': { S: to }, ...more.values },
        }),
      )
      .catch((error: unknown) => {
        if (!(error instanceof Error) || error.name !== 'ConditionalCheckFailedException') throw error
      })
  }
}
