import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { EVENT_SOURCE } from '#contract/index.ts'
import { readEnvironment } from '../shared/environment.ts'
import { createObserver } from '../shared/observability.ts'
import { sdkSettings } from '../shared/sdk-client.ts'
import { announcerEnvironment } from './env.ts'
import { createAnnouncer } from './handler.ts'

const env = readEnvironment(announcerEnvironment)
const eventBridge = new EventBridgeClient(sdkSettings({ maxAttempts: 2, requestTimeoutMs: 2_000 }))

export const handler = createAnnouncer({
  correlationTable: env.CORRELATION_TABLE,
  presenceTable: env.PRESENCE_TABLE,
  async put(events) {
    const { Entries = [] } = await eventBridge.send(
      new PutEventsCommand({
        Entries: events.map(({ type, detail }) => ({
          EventBusName: env.EVENT_BUS_NAME,
          Source: EVENT_SOURCE,
          DetailType: type,
          Time: new Date(detail.at),
          Detail: JSON.stringify(detail),
        })),
      }),
    )
    return events.map(
      (_, index) => Entries[index]?.ErrorCode ?? (Entries[index]?.EventId ? undefined : 'InternalFailure'),
    )
  },
  observer: createObserver('announcer'),
})
