import { functionArn } from './context.ts'
import type { ResourceEmulator } from './emulator.ts'
import { readProperties } from './properties.ts'

/** AWS::Lambda::Alias */
export const lambdaAlias: ResourceEmulator = {
  properties: {
    honoured: ['FunctionName', 'FunctionVersion', 'Name'],
    ignored: ['Description'],
    refused: ['ProvisionedConcurrencyConfig', 'RoutingConfig'],
  },
  create(request, context) {
    const properties = readProperties(request)
    const unqualifiedArn = functionArn(context, properties.text('FunctionName'))
    const functionName = unqualifiedArn.split(':')[6] ?? ''
    const name = properties.text('Name')
    const dispose = context.versions.alias(functionName, name, properties.text('FunctionVersion'))
    const ref = `${unqualifiedArn}:${name}`
    return { ref, attributes: { AliasArn: ref }, dispose }
  },
}
