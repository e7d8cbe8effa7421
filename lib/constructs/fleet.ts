import { CustomResource, Stack } from 'aws-cdk-lib'
import * as iot from 'aws-cdk-lib/aws-iot'
import { Construct } from 'constructs'
import {
  type ArnPrefix,
  compilePolicyDocuments,
  effectiveRights,
  type FleetDevice,
  type Identity,
  roleGroupName,
  rolePolicyName,
  thingTypeName,
} from '#contract/index.ts'
import { CUSTOM_RESOURCES } from '#functions/registrar/env.ts'
import type { BridgeSettings } from '../settings.ts'

/**
 * Where a certificate, not a token, says who is there: the thing it is attached to. Rights are worked out with stand-ins that fit the
 * contract's identifiers and are as long as what takes their place in the text, so that the limit of characters holds.
 */
const VARIABLES = {
  clientId: '${iot:Connection.Thing.ThingName}',
  organizationId: '${iot:Connection.Thing.Attributes[organizationId]}',
  deviceId: '${iot:Connection.Thing.Attributes[deviceId]}',
} as const satisfies Record<keyof Identity, string>
const STAND_INS = {
  clientId: 'thing'.padEnd(VARIABLES.clientId.length, ':'),
  organizationId: 'organization'.padEnd(VARIABLES.organizationId.length, ':'),
  deviceId: 'device'.padEnd(VARIABLES.deviceId.length, ':'),
} satisfies Required<Identity>
/** As long as a host name that AWS gives out. */
const DOMAIN_STAND_IN = 'domain'.padEnd(64, ':')
/** As long as any partition, region and account can be. */
const ARN_STAND_IN = 'arn:aws-us-gov:iot:ap-northeast-10:000000000000' satisfies ArnPrefix

/** Thing type, the policies of each role, and the seed devices of the fleet file with their records. */
export class FleetResources extends Construct {
  constructor(
    scope: Construct,
    id: string,
    props: { settings: BridgeSettings; registrarArn: string; domainName: string },
  ) {
    super(scope, id)
    const { settings } = props
    const thingType = new iot.CfnThingType(this, 'ThingType', {
      thingTypeName: thingTypeName(settings.root),
      thingTypeProperties: {
        thingTypeDescription: 'A device of the bridge',
        searchableAttributes: ['role', 'organizationId'],
      },
    })
    for (const [role, { permissions, description }] of Object.entries(settings.fleet.roles)) {
      new iot.CfnThingGroup(this, `Group-${role}`, {
        thingGroupName: roleGroupName(settings.stage, role),
        thingGroupProperties: { thingGroupDescription: description ?? `Devices with the role ${role}` },
      })
      for (const [index, document] of this.#rolePolicies(permissions, settings.root, props.domainName).entries()) {
        new iot.CfnPolicy(this, `Policy-${role}-${index + 1}`, {
          policyName: rolePolicyName(settings.stage, role, index + 1),
          policyDocument: document,
        })
      }
    }
    for (const device of settings.fleet.devices) this.#device(device, thingType, props.registrarArn)
  }

  /**
   * The policy of a role as a certificate would get it, bound to this deployment's endpoint: attached to one it opens nothing elsewhere in the
   * account, and nothing here before there is an endpoint for certificates alone. Devices with a token are given theirs by the authorizer.
   */
  #rolePolicies(permissions: readonly string[], root: string, domainName: string): unknown[] {
    const { partition, region, account } = Stack.of(this)
    const rights = effectiveRights({
      root,
      identity: STAND_INS,
      rolePermissions: permissions,
      tokenPermissions: permissions,
    })
    let text = JSON.stringify(
      compilePolicyDocuments(STAND_INS.clientId, rights, ARN_STAND_IN, { domainName: DOMAIN_STAND_IN }),
    )
    text = text.replaceAll(ARN_STAND_IN, `arn:${partition}:iot:${region}:${account}`)
    text = text.replaceAll(DOMAIN_STAND_IN, domainName)
    for (const name of ['clientId', 'organizationId', 'deviceId'] as const) {
      text = text.replaceAll(STAND_INS[name], VARIABLES[name])
    }
    return JSON.parse(text) as unknown[]
  }

  /** The template language gives a thing no type and so at most three attributes; the registrar adds both. */
  #device(device: FleetDevice, thingType: iot.CfnThingType, registrarArn: string): void {
    const { clientId, role, organizationId, deviceId, attributes } = device
    const optional = { ...(organizationId && { organizationId }), ...(deviceId && { deviceId }) }
    const thing = new iot.CfnThing(this, `Thing-${clientId}`, { thingName: clientId })
    const registration = new CustomResource(this, `Device-${clientId}`, {
      serviceToken: registrarArn,
      resourceType: CUSTOM_RESOURCES.device,
      properties: {
        ClientId: clientId,
        Role: role,
        ...(organizationId && { OrganizationId: organizationId }),
        ...(deviceId && { DeviceId: deviceId }),
        ThingTypeName: thingType.ref,
        Attributes: { ...attributes, role, ...optional },
      },
    })
    registration.node.addDependency(thing)
  }
}
