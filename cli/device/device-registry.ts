import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { IoTClient } from '@aws-sdk/client-iot'
import { IoTDataPlaneClient } from '@aws-sdk/client-iot-data-plane'
import { deploymentNames, roleGroupName, rolePolicyName, thingTypeName } from '#contract/index.ts'
import type { Target } from '../target.ts'
import { type Certificates, createCertificates } from './certificates.ts'
import { type Connections, createConnections } from './connections.ts'
import { createDeviceRecords, type DeviceRecords } from './device-records.ts'
import { createPresenceReader, type PresenceReader } from './presence.ts'
import { createThings, type Things } from './things.ts'

/** Everything that is known of devices, in AWS or in the local runtime: the calls are the same. */
export interface DeviceRegistry {
  /** See {@link registryPlace}. */
  readonly place: string
  readonly records: DeviceRecords
  readonly things: Things
  readonly certificates: Certificates
  readonly connections: Connections
  readonly presence: PresenceReader
}

/** Whose files are whose: the stage, or `local`. */
export function registryPlace({ aws, stage }: Pick<Target, 'aws' | 'stage'>): string {
  return aws.endpoint === undefined ? stage : 'local'
}

/** Opens the registry of a target's stage. */
export function openDeviceRegistry(target: Target): DeviceRegistry {
  const { stage, root, aws } = target
  const iot = new IoTClient(aws)
  const dynamoDb = new DynamoDBClient(aws)
  const names = deploymentNames(stage)
  return {
    place: registryPlace(target),
    records: createDeviceRecords(dynamoDb, names.deviceTable),
    things: createThings(iot, { thingType: thingTypeName(root), roleGroup: (role) => roleGroupName(stage, role) }),
    certificates: createCertificates(iot, { rolePolicy: (role, number) => rolePolicyName(stage, role, number) }),
    connections: createConnections(new IoTDataPlaneClient(aws)),
    presence: createPresenceReader(dynamoDb, names.presenceTable),
  }
}
