import { functionArn } from './context.ts'
import type { ResourceEmulator } from './emulator.ts'
import { readProperties } from './properties.ts'

/** AWS::Lambda::Version. Its number belongs to its place in the template and stays over restarts. */
export const lambdaVersion: ResourceEmulator = {
  properties: {
    honoured: ['FunctionName'],
    ignored: ['CodeSha256', 'Description', 'RuntimePolicy'],
    refused: ['FunctionScalingConfig', 'ProvisionedConcurrencyConfig'],
  },
  note: 'a name for the function as it is now: it runs the present code',
  create(request, context) {
    const unqualifiedArn = functionArn(context, readProperties(request).text('FunctionName'))
    const functionName = unqualifiedArn.split(':')[6] ?? ''
    const { version, remove } = context.versions.publish(functionName, request.physicalName())
    const ref = `${unqualifiedArn}:${version}`
    return { ref, attributes: { Version: version, FunctionArn: ref }, dispose: remove }
  },
}
