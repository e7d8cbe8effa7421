import { functionArn } from './context.ts'
import { type ResourceEmulator, replacing } from './emulator.ts'
import { readProperties } from './properties.ts'

/** AWS::Lambda::Permission */
export const lambdaPermission: ResourceEmulator = {
  properties: {
    honoured: ['FunctionName', 'Principal', 'Action', 'SourceArn', 'SourceAccount'],
    ignored: ['FunctionUrlAuthType'],
    refused: ['EventSourceToken', 'PrincipalOrgID'],
  },
  create(request, context) {
    const properties = readProperties(request)
    const sourceArn = properties.optionalText('SourceArn')
    const sourceAccount = properties.optionalText('SourceAccount')
    const dispose = context.iam.defineFunctionPermission({
      functionArn: functionArn(context, properties.text('FunctionName')),
      principal: properties.text('Principal'),
      action: properties.text('Action'),
      ...(sourceArn !== undefined && { sourceArn }),
      ...(sourceAccount !== undefined && { sourceAccount }),
    })
    return { ref: request.physicalName(), dispose }
  },
  update: replacing((request, context) => lambdaPermission.create(request, context)),
}
