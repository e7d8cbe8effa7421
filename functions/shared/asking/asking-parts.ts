import { randomUUID } from 'node:crypto'
import { REQUEST_LIMITS } from '#contract/index.ts'
import { createDynamoDbDeviceRequests } from '#correlation/index.ts'
import { cachedDirectory, createDeviceDirectory } from '../device-directory.ts'
import { createDynamoDbClient } from '../dynamodb.ts'
import type { Observer } from '../observability.ts'
import type { AskDependencies } from './ask-device.ts'
import { createDeliver } from './publisher-client.ts'

/** What a function asks devices with, on AWS, but for who tells the outcome. */
export function createAskDependencies(
  env: { TOPIC_ROOT: string; CORRELATION_TABLE: string; DEVICE_TABLE: string; PUBLISHER_FUNCTION: string },
  observer: Observer,
): Omit<AskDependencies, 'tellOutcome'> {
  const client = createDynamoDbClient()
  const keptSeconds = REQUEST_LIMITS.correlationKeptSeconds
  const requests = createDynamoDbDeviceRequests({ client, tableName: env.CORRELATION_TABLE, keptSeconds })
  return {
    root: env.TOPIC_ROOT,
    requests,
    devices: cachedDirectory(createDeviceDirectory({ client, tableName: env.DEVICE_TABLE })),
    deliver: createDeliver(env.PUBLISHER_FUNCTION),
    observer,
    newId: randomUUID,
    nowMs: Date.now,
  }
}
