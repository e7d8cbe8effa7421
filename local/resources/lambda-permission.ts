import type { Emulator } from '../template/index.ts'
import type { ResourceContext } from './context.ts'
import { readProperties } from './properties.ts'

/** AWS::Lambda::Permission */
export const lambdaPermission: Emulator<ResourceContext> = {
  create(request, { iam }) {
    const properties = readProperties(request)
    const sourceArn = properties.optionalText('SourceArn')
    const sourceAccount = properties.optionalText('SourceAccount')
    iam.defineFunctionPermission({
      functionArn: properties.text('FunctionName'),
      principal: properties.text('Principal'),
      action: properties.text('Action'),
      ...(sourceArn !== undefined && { sourceArn }),
      ...(sourceAccount !== undefined && { sourceAccount }),
    })
    return { ref: request.physicalName() }
  },
}
