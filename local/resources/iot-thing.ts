import { putOwned } from '../state/index.ts'
import { arn } from './context.ts'
import type { ResourceEmulator } from './emulator.ts'
import { isObject, readProperties } from './properties.ts'

/** AWS::IoT::Thing */
export const iotThing: ResourceEmulator = {
  properties: {
    honoured: ['ThingName', 'AttributePayload'],
  },
  create(request, context) {
    const properties = readProperties(request)
    const thingName = properties.optionalText('ThingName') ?? request.physicalName()
    const attributes = properties.object('AttributePayload').Attributes
    const dispose = putOwned(context.iot.things, thingName, {
      thingName,
      attributes: isObject(attributes)
        ? Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, String(value)]))
        : {},
    })
    return { ref: thingName, attributes: { Arn: arn(context, 'iot', `thing/${thingName}`), Id: thingName }, dispose }
  },
}
