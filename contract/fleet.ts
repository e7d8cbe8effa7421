import * as z from 'zod'
import { describeIssue } from './envelope.ts'
import { bridgeError, isBridgeError } from './errors.ts'
import { MAX_PERMISSIONS } from './permissions.ts'
import { compilePolicyDocuments } from './policy.ts'
import { effectiveRights } from './rights.ts'
import { IDENTIFIER_PATTERN } from './topic-names.ts'

/** Attributes of a thing. https://docs.aws.amazon.com/iot/latest/apireference/API_AttributePayload.html */
export const THING_ATTRIBUTE: Readonly<{ name: RegExp; value: RegExp; reserved: readonly string[] }> = {
  name: /^[A-Za-z0-9_.,@/:#-]{1,128}$/,
  value: /^[A-Za-z0-9_.,@/:#=[\]-]{0,800}$/,
  /** Written from the record alone: the policies of certificates go by them. */
  reserved: ['role', 'organizationId', 'deviceId'],
}

const attributeName = z
  .string()
  .regex(THING_ATTRIBUTE.name)
  .refine((name) => !THING_ATTRIBUTE.reserved.includes(name), 'this name has a field of its own')

const identifier = z.string().regex(IDENTIFIER_PATTERN)

/** What the api function lets a role ask of the upstream. Paths are exact, or a prefix that ends in `/*`. */
export const apiAccessSchema = z.object({
  methods: z.array(z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])).min(1),
  paths: z.array(z.string().regex(/^\/[^?#\s]*$/)).min(1),
})

export const roleSchema = z.strictObject({
  description: z.string().optional(),
  /** The bound of every token of the role: permission patterns, see permissions.ts. */
  permissions: z.array(z.string()).min(1).max(MAX_PERMISSIONS),
  api: apiAccessSchema.optional(),
})
export const rolesSchema = z.record(z.string().regex(/^[A-Za-z0-9-]{1,64}$/), roleSchema)

/** `fleet.json`: the roles, and a few devices to begin with; fleets are registered at run time. */
export const fleetSchema = z.strictObject({
  $schema: z.string().optional(),
  roles: rolesSchema,
  devices: z
    .array(
      z.strictObject({
        clientId: identifier,
        role: z.string(),
        organizationId: identifier.optional(),
        deviceId: identifier.optional(),
        attributes: z.record(attributeName, z.string().regex(THING_ATTRIBUTE.value)).default({}),
      }),
    )
    .max(50),
})

export type Role = z.infer<typeof roleSchema>
export type Roles = z.infer<typeof rolesSchema>
export type Fleet = z.infer<typeof fleetSchema>
export type FleetDevice = Fleet['devices'][number]

/** Reads a fleet file. Throws fleet_invalid naming the field, an undefined role, a pattern that is not legal, or a role whose rights are none or too many. */
export function parseFleet(input: unknown, root: string): Fleet {
  const parsed = fleetSchema.safeParse(input)
  if (!parsed.success) throw bridgeError('fleet_invalid', { problem: describeIssue(parsed.error) })
  const fleet = parsed.data
  const clientIds = fleet.devices.map((device) => device.clientId)
  const twice = clientIds.find((clientId, index) => clientIds.indexOf(clientId) !== index)
  if (twice !== undefined) throw bridgeError('fleet_invalid', { problem: `device "${twice}" stands twice` })
  for (const device of fleet.devices) {
    if (!Object.hasOwn(fleet.roles, device.role)) {
      throw bridgeError('fleet_invalid', {
        problem: `device "${device.clientId}" has the undefined role "${device.role}"`,
      })
    }
  }
  for (const [name, { permissions }] of Object.entries(fleet.roles)) {
    const problem = problemOfRole(permissions, root)
    if (problem !== undefined) throw bridgeError('fleet_invalid', { problem: `role "${name}": ${problem}` })
  }
  return fleet
}

/** Identifiers as long as a UUID. Longer ones can be too much for a wide role: their devices are refused with policy_too_large. */
const IDENTITY = { clientId: 'c'.repeat(36), organizationId: 'o'.repeat(36), deviceId: 'd'.repeat(36) }
const ARN = 'arn:aws-us-gov:iot:ap-northeast-1:000000000000'

function problemOfRole(permissions: readonly string[], root: string): string | undefined {
  try {
    const lists = { rolePermissions: permissions, tokenPermissions: permissions }
    const rights = effectiveRights({ root, identity: IDENTITY, ...lists })
    compilePolicyDocuments(IDENTITY.clientId, rights, ARN)
    return rights.publish.length + rights.receive.length === 0 ? 'it grants no topic of the contract' : undefined
  } catch (error) {
    if (!isBridgeError(error)) throw error
    return error.message
  }
}
