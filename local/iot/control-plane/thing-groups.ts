import { isDeepStrictEqual } from 'node:util'
import type { ThingGroup } from '../registry.ts'
import {
  alreadyExists,
  bodyText,
  type Call,
  found,
  invalid,
  type Operation,
  onlyKnown,
  page,
  parameter,
} from './operation.ts'
import { thingOfPath } from './things.ts'

/** https://docs.aws.amazon.com/iot/latest/apireference/API_CreateThingGroup.html; a thing is in ten groups at most. */
const LIMITS = { name: /^[a-zA-Z0-9:_-]{1,128}$/, groupsOfThing: 10 } as const

const groupArn = (name: string) => `thinggroup/${name}`
const ofPath = (call: Call) => [groupArn(parameter(call, 'group'))]
const ofBody = (call: Call) => [`thing/${bodyText(call, 'thingName')}`, groupArn(bodyText(call, 'thingGroupName'))]

/** Static groups without hierarchy. */
export const THING_GROUP_OPERATIONS: readonly Operation[] = [
  {
    method: 'PUT',
    path: '/thing-groups/addThingToThingGroup',
    action: 'iot:AddThingToThingGroup',
    resources: ofBody,
    run: addMember,
  },
  {
    method: 'PUT',
    path: '/thing-groups/removeThingFromThingGroup',
    action: 'iot:RemoveThingFromThingGroup',
    resources: ofBody,
    run: removeMember,
  },
  {
    method: 'GET',
    path: '/thing-groups',
    action: 'iot:ListThingGroups',
    resources: () => ['*'],
    run: (call) => listed(call, [...call.registry.thingGroups.keys()].sort()),
  },
  {
    method: 'POST',
    path: '/thing-groups/{group}',
    action: 'iot:CreateThingGroup',
    resources: ofPath,
    run: createGroup,
  },
  {
    method: 'GET',
    path: '/thing-groups/{group}',
    action: 'iot:DescribeThingGroup',
    resources: ofPath,
    run: (call) => described(call, groupNamed(call, parameter(call, 'group'))),
  },
  {
    method: 'DELETE',
    path: '/thing-groups/{group}',
    action: 'iot:DeleteThingGroup',
    resources: ofPath,
    run: deleteGroup,
  },
  {
    method: 'GET',
    path: '/thing-groups/{group}/things',
    action: 'iot:ListThingsInThingGroup',
    resources: ofPath,
    run: listMembers,
  },
  {
    method: 'GET',
    path: '/things/{thing}/thing-groups',
    action: 'iot:ListThingGroupsForThing',
    resources: (call) => [`thing/${parameter(call, 'thing')}`],
    run: (call) => listed(call, groupsOf(call, thingOfPath(call).thingName)),
  },
]

function groupNamed(call: Call, name: string): ThingGroup {
  return found(call.registry.thingGroups.get(name), 'thing group', name)
}

function groupsOf({ registry }: Call, thingName: string): string[] {
  return [...registry.groupMembers]
    .filter(([group, members]) => registry.thingGroups.has(group) && members.includes(thingName))
    .map(([group]) => group)
    .sort()
}

function listed(call: Call, names: readonly string[]) {
  const { items, next } = page(call, names)
  return {
    thingGroups: items.map((groupName) => ({ groupName, groupArn: `${call.arnPrefix}:${groupArn(groupName)}` })),
    nextToken: next,
  }
}

function described({ arnPrefix }: Call, group: ThingGroup) {
  const { thingGroupName, description, attributes } = group
  return {
    thingGroupName,
    thingGroupArn: `${arnPrefix}:${groupArn(thingGroupName)}`,
    thingGroupId: thingGroupName,
    version: 1,
    thingGroupProperties: { thingGroupDescription: description, attributePayload: { attributes } },
  }
}

function createGroup(call: Call) {
  onlyKnown(call, 'CreateThingGroup', ['thingGroupProperties', 'tags'])
  const name = parameter(call, 'group')
  if (!LIMITS.name.test(name)) throw invalid(`expected a group name that fits ${LIMITS.name.source}`)
  const { thingGroupProperties = {} } = call.body as {
    thingGroupProperties?: {
      thingGroupDescription?: string
      attributePayload?: { attributes?: Record<string, string> }
    }
  }
  const { thingGroupDescription: description, attributePayload } = thingGroupProperties
  const group: ThingGroup = {
    thingGroupName: name,
    ...(description !== undefined && { description }),
    attributes: attributePayload?.attributes ?? {},
    fromApi: true,
  }
  const before = call.registry.thingGroups.get(name)
  if (before && !isDeepStrictEqual({ ...before, fromApi: true }, group)) {
    throw alreadyExists('thing group', name, `${call.arnPrefix}:${groupArn(name)}`)
  }
  if (!before) call.registry.thingGroups.set(name, group)
  const { thingGroupName, thingGroupArn, thingGroupId } = described(call, group)
  return { thingGroupName, thingGroupArn, thingGroupId }
}

function deleteGroup(call: Call): void {
  const name = parameter(call, 'group')
  call.registry.thingGroups.delete(name)
  call.registry.groupMembers.delete(name)
}

function addMember(call: Call): void {
  const { registry } = call
  const { thingGroupName: group } = groupNamed(call, bodyText(call, 'thingGroupName'))
  const thing = bodyText(call, 'thingName')
  found(registry.things.get(thing), 'thing', thing)
  const members = registry.groupMembers.get(group) ?? []
  if (members.includes(thing)) return
  if (groupsOf(call, thing).length >= LIMITS.groupsOfThing) {
    throw invalid(`a thing is in ${LIMITS.groupsOfThing} groups at most`)
  }
  registry.groupMembers.set(group, [...members, thing].sort())
}

function removeMember(call: Call): void {
  const { registry } = call
  const { thingGroupName: group } = groupNamed(call, bodyText(call, 'thingGroupName'))
  const thing = bodyText(call, 'thingName')
  const members = registry.groupMembers.get(group) ?? []
  registry.groupMembers.set(
    group,
    members.filter((one) => one !== thing),
  )
}

function listMembers(call: Call) {
  const { thingGroupName } = groupNamed(call, parameter(call, 'group'))
  const { items, next } = page(call, call.registry.groupMembers.get(thingGroupName) ?? [])
  return { things: items, nextToken: next }
}
