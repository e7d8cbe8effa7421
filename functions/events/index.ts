import { bridgeHandler, createDynamoDbClient, createObserver, readEnvironment } from '../shared/index.ts'
import { eventsEnvironment } from './env.ts'
import { createEventRoutes } from './handler.ts'
import { createStatusTable } from './status-table.ts'

const env = readEnvironment(eventsEnvironment)
const observer = createObserver('events')
const states = createStatusTable({ client: createDynamoDbClient(), tableName: env.STATUS_TABLE })

export const handler = bridgeHandler(createEventRoutes({ states, observer }), {
  settings: { root: env.TOPIC_ROOT, sharedReplies: [] },
  observer,
  component: 'events',
})
