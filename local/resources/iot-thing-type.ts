import { arn } from './context.ts'
import type { ResourceEmulator } from './emulator.ts'
import { readProperties } from './properties.ts'

/** AWS::IoT::ThingType */
export const iotThingType: ResourceEmulator = {
  properties: {
    honoured: ['ThingTypeName'],
    ignored: ['ThingTypeProperties', 'Tags'],
  },
  create(request, context) {
    const name = readProperties(request).optionalText('ThingTypeName') ?? request.physicalName()
    context.iot.thingTypes.add(name)
    const dispose = () => void context.iot.thingTypes.delete(name)
    return { ref: name, attributes: { Arn: arn(context, 'iot', `thingtype/${name}`), Id: name }, dispose }
  },
}
