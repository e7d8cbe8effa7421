import type { Emulator } from '../template/index.ts'
import { arn, type ResourceContext } from './context.ts'
import { readProperties } from './properties.ts'

/** AWS::IoT::Authorizer without gateway signing. */
export const iotAuthorizer: Emulator<ResourceContext> = {
  create(request, context) {
    const properties = readProperties(request)
    if (!properties.flag('SigningDisabled', false)) {
      throw new TypeError('the local runtime has no gateway signing yet: set SigningDisabled')
    }
    const name = properties.optionalText('AuthorizerName') ?? request.physicalName()
    const authorizerArn = arn(context, 'iot', `authorizer/${name}`)
    context.iot.authorizers.set(name, {
      name,
      arn: authorizerArn,
      functionArn: properties.text('AuthorizerFunctionArn'),
      isActive: properties.optionalText('Status') !== 'INACTIVE',
    })
    return { ref: name, attributes: { Arn: authorizerArn } }
  },
}
