import {
  AddThingToThingGroupCommand,
  CreateThingCommand,
  DescribeThingCommand,
  DescribeThingGroupCommand,
  type IoTClient,
  ListThingGroupsForThingCommand,
  RemoveThingFromThingGroupCommand,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
  UpdateThingCommand,
} from '@aws-sdk/client-iot'
import { CommandError } from '../command-error.ts'

export interface Thing {
  attributes: Record<string, string>
  groups: string[]
}

/** Devices in IoT Core's registry: a thing each, in the group of its role. */
export interface Things {
  /** The deployment knows a role by its group. Throws role_not_deployed. */
  requireRole(role: string): Promise<void>
  /** Makes the thing, or gives the one that is there these attributes, and puts it into the group of its role, out of that of a former one. */
  put(thing: {
    name: string
    role: string
    formerRole: string | undefined
    attributes: Record<string, string>
  }): Promise<void>
  /** Undefined when there is none. */
  find(name: string): Promise<Thing | undefined>
}

export function createThings(
  client: IoTClient,
  names: { thingType: string; roleGroup: (role: string) => string },
): Things {
  const { thingType, roleGroup } = names
  return {
    async requireRole(role) {
      await client.send(new DescribeThingGroupCommand({ thingGroupName: roleGroup(role) })).catch((cause: unknown) => {
        if (!(cause instanceof ResourceNotFoundException)) throw cause
        const text = `the deployment has no role "${role}": there is no thing group ${roleGroup(role)}`
        throw new CommandError('usage', 'role_not_deployed', text, { cause })
      })
    },
    async put({ name, role, formerRole, attributes }) {
      const thing = { thingName: name, thingTypeName: thingType, attributePayload: { attributes } }
      await client.send(new CreateThingCommand(thing)).catch(async (error: unknown) => {
        // left by an earlier attempt, perhaps with other attributes
        if (!(error instanceof ResourceAlreadyExistsException)) throw error
        await client.send(new UpdateThingCommand({ ...thing, attributePayload: { attributes, merge: false } }))
      })
      await client.send(new AddThingToThingGroupCommand({ thingName: name, thingGroupName: roleGroup(role) }))
      if (formerRole === undefined || formerRole === role) return
      const left = { thingName: name, thingGroupName: roleGroup(formerRole) }
      await client.send(new RemoveThingFromThingGroupCommand(left)).catch((error: unknown) => {
        // the role may be gone, and its group with it
        if (!(error instanceof ResourceNotFoundException)) throw error
      })
    },
    async find(name) {
      try {
        const { attributes = {} } = await client.send(new DescribeThingCommand({ thingName: name }))
        const { thingGroups = [] } = await client.send(new ListThingGroupsForThingCommand({ thingName: name }))
        return { attributes, groups: thingGroups.flatMap(({ groupName }) => groupName ?? []) }
      } catch (error) {
        if (error instanceof ResourceNotFoundException) return undefined
        throw error
      }
    },
  }
}
