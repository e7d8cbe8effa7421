import type { Emulator } from '../template/index.ts'
import { arn, type ResourceContext } from './context.ts'
import { readProperties } from './properties.ts'

/** AWS::IoT::ThingType */
export const iotThingType: Emulator<ResourceContext> = {
  create(request, context) {
    const name = readProperties(request).optionalText('ThingTypeName') ?? request.physicalName()
    context.iot.thingTypes.add(name)
    return { ref: name, attributes: { Arn: arn(context, 'iot', `thingtype/${name}`), Id: name } }
  },
}
