import { readTokenSigning } from '../iot/index.ts'
import { putOwned } from '../state/index.ts'
import { arn } from './context.ts'
import type { ResourceEmulator } from './emulator.ts'
import { readProperties } from './properties.ts'

/** AWS::IoT::Authorizer, with the gateway's check of token signatures or without. */
export const iotAuthorizer: ResourceEmulator = {
  properties: {
    honoured: [
      'AuthorizerName',
      'AuthorizerFunctionArn',
      'Status',
      'SigningDisabled',
      'TokenKeyName',
      'TokenSigningPublicKeys',
    ],
    ignored: ['EnableCachingForHttp', 'Tags'],
  },
  note: 'the function is asked for each HTTPS publish',
  create(request, context) {
    const properties = readProperties(request)
    const tokenKeyName = properties.optionalText('TokenKeyName')
    const signing = properties.flag('SigningDisabled', false)
      ? undefined
      : readTokenSigning(tokenKeyName ?? '', properties.object('TokenSigningPublicKeys'))
    const name = properties.optionalText('AuthorizerName') ?? request.physicalName()
    const authorizerArn = arn(context, 'iot', `authorizer/${name}`)
    const dispose = putOwned(context.iot.authorizers, name, {
      name,
      arn: authorizerArn,
      functionArn: properties.text('AuthorizerFunctionArn'),
      isActive: properties.optionalText('Status') !== 'INACTIVE',
      ...(tokenKeyName !== undefined && { tokenKeyName }),
      ...(signing && { signing }),
    })
    return { ref: name, attributes: { Arn: authorizerArn }, dispose }
  },
}
