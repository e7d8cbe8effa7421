import { compilePolicy } from '../iot-policy/index.ts'
import type { Emulator } from '../template/index.ts'
import { arn, type ResourceContext } from './context.ts'
import { readProperties } from './properties.ts'

/** White space not counted. https://docs.aws.amazon.com/general/latest/gr/iot-core.html */
const MAX_CHARACTERS = 2_048

/** AWS::IoT::Policy; compiled at once, so that a document IoT Core would refuse stops the start. */
export const iotPolicy: Emulator<ResourceContext> = {
  create(request, context) {
    const name = readProperties(request).optionalText('PolicyName') ?? request.physicalName()
    const document = request.properties.PolicyDocument
    compilePolicy(document, name)
    const characters = JSON.stringify(document).replace(/\s/g, '').length
    if (characters > MAX_CHARACTERS) {
      throw new TypeError(`policy ${name} takes ${characters} of ${MAX_CHARACTERS} characters`)
    }
    const policyArn = arn(context, 'iot', `policy/${name}`)
    context.iot.policies.set(name, { name, arn: policyArn, document })
    return { ref: name, attributes: { Arn: policyArn, Id: name } }
  },
}
