import type { Emulator } from '../template/index.ts'
import type { ResourceContext } from './context.ts'

/** AWS::SecretsManager::Secret; its value is kept over restarts. */
export const secret: Emulator<ResourceContext> = {
  create(request, { secrets }) {
    const { arn } = secrets.createSecret(request.properties, request.physicalName())
    return { ref: arn, attributes: { Id: arn } }
  },
}
