import { putOwned } from '../state/index.ts'
import type { ResourceEmulator } from './emulator.ts'
import { ResourceError } from './errors.ts'
import { apiOf } from './http-api.ts'
import { readProperties, requireText } from './properties.ts'

const HEADER = /^\$request\.header\.([\w-]+)$/i

/** AWS::ApiGatewayV2::Authorizer of the type JWT. */
export const httpApiAuthorizer: ResourceEmulator = {
  properties: {
    honoured: ['ApiId', 'AuthorizerType', 'IdentitySource', 'JwtConfiguration', 'Name'],
    refused: [
      'AuthorizerCredentialsArn',
      'AuthorizerPayloadFormatVersion',
      'AuthorizerResultTtlInSeconds',
      'AuthorizerUri',
      'EnableSimpleResponses',
      'IdentityValidationExpression',
    ],
  },
  note: 'JWT; keys are those the issuer publishes, RSA as on AWS, and an issuer may be on loopback without TLS',
  create(request, context) {
    const properties = readProperties(request)
    const name = properties.text('Name')
    const type = properties.text('AuthorizerType')
    if (type !== 'JWT')
      throw new ResourceError('unsupported_here', `the local runtime has no authorizers of type ${type}`)
    const [source, ...others] = properties.list('IdentitySource')
    const [, headerName] = HEADER.exec(String(source)) ?? []
    if (headerName === undefined || others.length > 0) {
      const what = `authorizer ${name}: the local runtime reads tokens from one header, not from ${properties.list('IdentitySource').join(', ')}`
      throw new ResourceError('unsupported_here', what)
    }
    const { Issuer, Audience } = properties.object('JwtConfiguration')
    const authorizerId = request.physicalName()
    const { authorizers } = apiOf(context, properties.text('ApiId'))
    const dispose = putOwned(authorizers, authorizerId, {
      headerName: headerName.toLowerCase(),
      issuer: requireText(`authorizer ${name}`, 'JwtConfiguration.Issuer', Issuer),
      audience: (Array.isArray(Audience) ? Audience : []).map(String),
    })
    return { ref: authorizerId, attributes: { AuthorizerId: authorizerId }, dispose }
  },
}
