import type { Emulator } from '../template/index.ts'
import { arn, type ResourceContext } from './context.ts'
import { isObject, readProperties } from './properties.ts'

/** AWS::IoT::Thing */
export const iotThing: Emulator<ResourceContext> = {
  create(request, context) {
    const properties = readProperties(request)
    const thingName = properties.optionalText('ThingName') ?? request.physicalName()
    const { attributes } = properties.object('AttributePayload')
    context.iot.things.set(thingName, {
      thingName,
      attributes: isObject(attributes)
        ? Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, String(value)]))
        : {},
    })
    return { ref: thingName, attributes: { Arn: arn(context, 'iot', `thing/${thingName}`), Id: thingName } }
  },
}
