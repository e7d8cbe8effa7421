import { busNameOf, DEFAULT_BUS } from '../events/index.ts'
import { arn } from './context.ts'
import { type ResourceEmulator, replacing } from './emulator.ts'
import { readProperties } from './properties.ts'

/** AWS::Events::EventBusPolicy: one statement of the policy of a bus, held against every call that puts events on it. */
export const eventsEventBusPolicy: ResourceEmulator = {
  properties: {
    honoured: ['EventBusName', 'Statement', 'StatementId'],
    refused: ['Action', 'Condition', 'Principal'],
  },
  note: 'with a whole Statement; the older form in parts is refused',
  create(request, context) {
    const properties = readProperties(request)
    const StatementId = properties.text('StatementId')
    const busName = busNameOf(properties.optionalText('EventBusName') ?? DEFAULT_BUS)
    const PolicyDocument = {
      Version: '2012-10-17',
      Statement: [{ Sid: StatementId, ...properties.object('Statement') }],
    }
    const busArn = arn(context, 'events', `event-bus/${busName}`)
    const dispose = context.iam.attachResourcePolicy(busArn, { PolicyName: StatementId, PolicyDocument })
    return { ref: StatementId, dispose }
  },
  update: replacing((request, context) => eventsEventBusPolicy.create(request, context)),
}
