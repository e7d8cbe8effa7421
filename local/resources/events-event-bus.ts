import { putOwned } from '../state/index.ts'
import { arn } from './context.ts'
import type { ResourceEmulator } from './emulator.ts'
import { readProperties } from './properties.ts'

/** AWS::Events::EventBus */
export const eventsEventBus: ResourceEmulator = {
  properties: {
    honoured: ['Name'],
    ignored: ['DeadLetterConfig', 'Description', 'KmsKeyIdentifier', 'LogConfig', 'Tags'],
    refused: ['EventSourceName'],
  },
  create(request, context) {
    const name = readProperties(request).text('Name')
    const busArn = arn(context, 'events', `event-bus/${name}`)
    const dispose = putOwned(context.events.registry.buses, name, { name, arn: busArn })
    return { ref: name, attributes: { Arn: busArn, Name: name }, dispose }
  },
}
