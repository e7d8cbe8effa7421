import { putOwned } from '../state/index.ts'
import type { ResourceEmulator } from './emulator.ts'
import { ResourceError } from './errors.ts'
import { apiOf, integrationFunction } from './http-api.ts'
import { readProperties } from './properties.ts'

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const DEFAULT_TIMEOUT_MS = 30_000

/** AWS::ApiGatewayV2::Integration with a function, payload format 2.0. */
export const httpApiIntegration: ResourceEmulator = {
  properties: {
    honoured: ['ApiId', 'IntegrationType', 'IntegrationUri', 'PayloadFormatVersion', 'TimeoutInMillis'],
    ignored: ['ConnectionType', 'Description', 'IntegrationMethod'],
  },
  create(request, context) {
    const properties = readProperties(request)
    const type = properties.text('IntegrationType')
    const format = properties.optionalText('PayloadFormatVersion')
    if (type !== 'AWS_PROXY' || format !== '2.0') {
      throw new ResourceError(
        'unsupported_here',
        `the local runtime has integrations AWS_PROXY with payload 2.0, not ${type} with ${format}`,
      )
    }
    const integrationId = request.physicalName()
    const { integrations } = apiOf(context, properties.text('ApiId'))
    const dispose = putOwned(integrations, integrationId, {
      functionArn: integrationFunction(context, properties.text('IntegrationUri')),
      timeoutMs: properties.number('TimeoutInMillis') ?? DEFAULT_TIMEOUT_MS,
    })
    return { ref: integrationId, attributes: { IntegrationId: integrationId }, dispose }
  },
}
