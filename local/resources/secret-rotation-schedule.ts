import { functionArn } from './context.ts'
import type { ResourceEmulator } from './emulator.ts'
import { readProperties } from './properties.ts'

/**
 * AWS::SecretsManager::RotationSchedule with a function of the template. A new schedule rotates at once unless it says otherwise, but only when
 * all resources exist: the function may be called no earlier.
 */
export const secretRotationSchedule: ResourceEmulator = {
  properties: {
    honoured: ['SecretId', 'RotationLambdaARN', 'RotationRules', 'RotateImmediatelyOnUpdate'],
    refused: ['HostedRotationLambda'],
  },
  create(request, context) {
    const properties = readProperties(request)
    const secretArn = properties.text('SecretId')
    const lambdaArn = functionArn(context, properties.text('RotationLambdaARN'))
    // as the call that CloudFormation makes: it is refused when the function has no permission for it
    const isNew = context.secrets.scheduleRotation(secretArn, lambdaArn, properties.object('RotationRules'))
    if (isNew && properties.flag('RotateImmediatelyOnUpdate', true)) {
      context.afterStart(() => void context.secrets.handle('RotateSecret', { SecretId: secretArn }))
    }
    return { ref: secretArn, dispose: () => context.secrets.cancelRotation(secretArn, lambdaArn) }
  },
}
