import type { Emulator } from '../template/index.ts'
import { functionArn, type ResourceContext } from './context.ts'
import { readProperties } from './properties.ts'

/** AWS::Lambda::Permission */
export const lambdaPermission: Emulator<ResourceContext> = {
  create(request, context) {
    const properties = readProperties(request)
    const sourceArn = properties.optionalText('SourceArn')
    const sourceAccount = properties.optionalText('SourceAccount')
    context.iam.defineFunctionPermission({
      functionArn: functionArn(context, properties.text('FunctionName')),
      principal: properties.text('Principal'),
      action: properties.text('Action'),
      ...(sourceArn !== undefined && { sourceArn }),
      ...(sourceAccount !== undefined && { sourceAccount }),
    })
    return { ref: request.physicalName() }
  },
}
