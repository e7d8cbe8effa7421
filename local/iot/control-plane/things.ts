import { isDeepStrictEqual } from 'node:util'
import type { Thing } from '../registry.ts'
import { alreadyExists, type Call, found, invalid, type Operation, onlyKnown, page, parameter } from './operation.ts'

/** https://docs.aws.amazon.com/iot/latest/apireference/API_CreateThing.html, https://docs.aws.amazon.com/general/latest/gr/iot-core.html */
const LIMITS = { name: /^[a-zA-Z0-9:_-]{1,128}$/, attributes: 50, attributesWithoutType: 3 } as const
const ATTRIBUTE = { name: /^[a-zA-Z0-9_.,@/:#-]{1,128}$/, value: /^[a-zA-Z0-9_.,@/:#=[\]-]{0,800}$/ } as const

interface ThingInput {
  thingTypeName?: string
  attributePayload?: { attributes?: Record<string, string>; merge?: boolean }
}

const thingArn = (name: string) => `thing/${name}`
const ofPath = (call: Call) => [thingArn(parameter(call, 'thing'))]

export const THING_OPERATIONS: readonly Operation[] = [
  { method: 'GET', path: '/things', action: 'iot:ListThings', resources: () => ['*'], run: listThings },
  { method: 'GET', path: '/things/{thing}', action: 'iot:DescribeThing', resources: ofPath, run: describeThing },
  { method: 'POST', path: '/things/{thing}', action: 'iot:CreateThing', resources: ofPath, run: createThing },
  { method: 'PATCH', path: '/things/{thing}', action: 'iot:UpdateThing', resources: ofPath, run: updateThing },
  { method: 'DELETE', path: '/things/{thing}', action: 'iot:DeleteThing', resources: ofPath, run: deleteThing },
]

/** The thing that a path names. Throws ResourceNotFoundException. */
export function thingOfPath(call: Call): Thing {
  const name = parameter(call, 'thing')
  return found(call.registry.things.get(name), 'thing', name)
}

function listThings(call: Call) {
  const { query } = call.request
  const [type, name, value] = ['thingTypeName', 'attributeName', 'attributeValue'].map((one) => query.get(one))
  const things = [...call.registry.things.values()]
    .filter((thing) => !type || thing.thingTypeName === type)
    .filter((thing) => !name || thing.attributes[name] === value)
    .sort((one, other) => (one.thingName < other.thingName ? -1 : 1))
  const { items, next } = page(call, things)
  return { things: items.map((thing) => described(call, thing)), nextToken: next }
}

function described({ arnPrefix }: Call, { thingName, thingTypeName, attributes }: Thing) {
  return { thingName, thingArn: `${arnPrefix}:${thingArn(thingName)}`, thingTypeName, attributes, version: 1 }
}

function describeThing(call: Call) {
  const thing = thingOfPath(call)
  return { ...described(call, thing), thingId: thing.thingName, defaultClientId: thing.thingName }
}

function createThing(call: Call) {
  onlyKnown(call, 'CreateThing', ['thingTypeName', 'attributePayload'])
  const { registry } = call
  const name = parameter(call, 'thing')
  if (!LIMITS.name.test(name)) throw invalid(`expected a thing name that fits ${LIMITS.name.source}`)
  const { thingTypeName, attributePayload } = call.body as ThingInput
  const thing: Thing = {
    thingName: name,
    ...(thingTypeName !== undefined && { thingTypeName }),
    attributes: withoutEmpty(attributePayload?.attributes ?? {}),
    fromApi: true,
  }
  check(call, thing)
  const before = registry.things.get(name)
  const { fromApi: _, ...wanted } = thing
  if (before) {
    const { fromApi: __, ...existing } = before
    if (!isDeepStrictEqual(existing, wanted)) {
      throw alreadyExists('thing', name, `${call.arnPrefix}:${thingArn(name)}`)
    }
  } else {
    registry.things.set(name, thing)
  }
  return { thingName: name, thingArn: `${call.arnPrefix}:${thingArn(name)}`, thingId: name }
}

/** https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateThing.html */
function updateThing(call: Call): void {
  onlyKnown(call, 'UpdateThing', ['thingTypeName', 'attributePayload'])
  const thing = thingOfPath(call)
  const { thingTypeName = thing.thingTypeName, attributePayload } = call.body as ThingInput
  const attributes = attributePayload?.attributes
    ? withoutEmpty({ ...(attributePayload.merge ? thing.attributes : {}), ...attributePayload.attributes })
    : thing.attributes
  const changed: Thing = { ...thing, ...(thingTypeName !== undefined && { thingTypeName }), attributes }
  check(call, changed)
  call.registry.things.set(thing.thingName, changed)
}

function deleteThing(call: Call): void {
  const { registry } = call
  const name = parameter(call, 'thing')
  const attached = [...registry.certificates.values()].some(({ thingNames }) => thingNames.includes(name))
  if (attached) throw invalid(`Cannot delete. Thing ${name} is still attached to one or more principals`)
  for (const [group, members] of registry.groupMembers) {
    if (members.includes(name))
      registry.groupMembers.set(
        group,
        members.filter((one) => one !== name),
      )
  }
  registry.things.delete(name)
}

/** An empty value takes an attribute away. */
function withoutEmpty(attributes: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== ''))
}

function check({ registry }: Call, { thingTypeName, attributes }: Thing): void {
  if (thingTypeName !== undefined) {
    found(registry.thingTypes.has(thingTypeName) || undefined, 'thing type', thingTypeName)
  }
  const limit = thingTypeName === undefined ? LIMITS.attributesWithoutType : LIMITS.attributes
  const entries = Object.entries(attributes)
  if (entries.length > limit) throw invalid(`expected at most ${limit} attributes, got ${entries.length}`)
  for (const [name, value] of entries) {
    if (!ATTRIBUTE.name.test(name) || !ATTRIBUTE.value.test(value)) {
      throw invalid(`attribute ${name.slice(0, 128)} does not fit ${ATTRIBUTE.name.source}, ${ATTRIBUTE.value.source}`)
    }
  }
}
