import { CfnOutput, CustomResource, type Stack } from 'aws-cdk-lib'
import { CUSTOM_RESOURCES } from '#functions/registrar/env.ts'
import type { BridgeSettings } from '../settings.ts'
import { type BridgeFunction, iotArn } from './bridge-function.ts'
import type { DeviceEndpoints } from './device-endpoints.ts'
import { FleetResources } from './fleet.ts'
import type { Tables } from './tables.ts'

/** What the registrar does at a deployment: it writes the devices of the fleet file and finds the host names of the endpoints. */
export function addRegistration(
  stack: Stack,
  registrar: BridgeFunction,
  { settings, tables, endpoints }: { settings: BridgeSettings; tables: Tables; endpoints: DeviceEndpoints },
): void {
  registrar.allow('dynamodb:UpdateItem', tables.devices.tableArn)
  registrar.allow('iot:DescribeDomainConfiguration', ...endpoints.domainConfigurations.map((one) => one.attrArn))
  const things = settings.fleet.devices.map(({ clientId }) => iotArn(stack, 'thing', clientId))
  if (things.length > 0) registrar.allow('iot:UpdateThing', ...things)
  const serverNames = new CustomResource(stack, 'ServerNames', {
    serviceToken: registrar.function.functionArn,
    resourceType: CUSTOM_RESOURCES.serverNames,
    properties: { DomainConfigurationNames: endpoints.domainConfigurations.map((one) => one.ref) },
  })
  const fleet = new FleetResources(stack, 'Fleet', {
    settings,
    registrarArn: registrar.function.functionArn,
    domainName: serverNames.getAttString(`ServerName${endpoints.roleEndpoint}`),
  })
  // without its policy the function would be called before it may do anything
  for (const resource of [fleet, serverNames]) resource.node.addDependency(registrar.role)
  new CfnOutput(stack, 'ServerNamesOutput', { key: 'ServerNames', value: serverNames.getAttString('ServerNames') })
}
