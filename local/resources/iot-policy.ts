import { compilePolicy } from '../iot-policy/index.ts'
import type { Emulator } from '../template/index.ts'
import { arn, type ResourceContext } from './context.ts'
import { readProperties } from './properties.ts'

/** AWS::IoT::Policy; compiled at once, so that a document IoT Core would refuse stops the start. */
export const iotPolicy: Emulator<ResourceContext> = {
  create(request, context) {
    const name = readProperties(request).optionalText('PolicyName') ?? request.physicalName()
    const document = request.properties.PolicyDocument
    compilePolicy(document, name)
    const policyArn = arn(context, 'iot', `policy/${name}`)
    context.iot.policies.set(name, { name, arn: policyArn, document })
    return { ref: name, attributes: { Arn: policyArn, Id: name } }
  },
}
