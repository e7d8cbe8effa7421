import { putOwned } from '../state/index.ts'
import { arn } from './context.ts'
import type { ResourceEmulator } from './emulator.ts'
import { isObject, readProperties } from './properties.ts'

/** AWS::IoT::ThingGroup, static. Who is in it is kept over restarts. */
export const iotThingGroup: ResourceEmulator = {
  properties: {
    honoured: ['ThingGroupName', 'ThingGroupProperties'],
    ignored: ['Tags'],
    refused: ['QueryString'],
  },
  note: 'static groups; who is in it is kept over restarts',
  create(request, context) {
    const properties = readProperties(request)
    const name = properties.optionalText('ThingGroupName') ?? request.physicalName()
    const { ThingGroupDescription: description, AttributePayload } = properties.object('ThingGroupProperties')
    const attributes =
      isObject(AttributePayload) && isObject(AttributePayload.Attributes) ? AttributePayload.Attributes : {}
    const dispose = putOwned(context.iot.thingGroups, name, {
      thingGroupName: name,
      ...(typeof description === 'string' && { description }),
      attributes: Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, String(value)])),
    })
    return { ref: name, attributes: { Arn: arn(context, 'iot', `thinggroup/${name}`), Id: name }, dispose }
  },
}
