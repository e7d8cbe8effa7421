import {
  type BridgeError,
  bridgeError,
  checkDevice,
  type DeviceRecord,
  type Fleet,
  type Identity,
  isBridgeError,
} from '#contract/index.ts'
import { keyVersionOf } from '#keys/index.ts'
import { CommandError } from '../command-error.ts'
import { openDeviceRegistry } from '../device/device-registry.ts'
import { openTarget, type TargetOptions } from '../target.ts'
import type { ReadToken } from './token.ts'

/** A device as rights are worked out for it. */
export interface Registered {
  role: string
  identity: Identity
  /** Why the authorizer lets it not in, as far as its record says. */
  refusal?: string | undefined
}

/** The device as the fleet file, or a role that is named, has it. Undefined when neither does. Throws device_unknown for a role that is none. */
export function ofFleet(fleet: Fleet, clientId: string, wanted?: string): Registered | undefined {
  const device = fleet.devices.find((one) => one.clientId === clientId)
  const role = wanted ?? device?.role
  if (role === undefined) return undefined
  if (!Object.hasOwn(fleet.roles, role)) throw unknownDevice(clientId)
  return { role, identity: { clientId, organizationId: device?.organizationId, deviceId: device?.deviceId } }
}

/** The device as the device table of a bridge has it now: also what it was registered, changed and revoked to at run time. */
export async function ofDeviceTable(
  target: TargetOptions,
  clientId: string,
  token: ReadToken | undefined,
): Promise<Registered> {
  const record = await openDeviceRegistry(openTarget(target)).records.find(clientId)
  if (!record) return { role: 'none', identity: { clientId }, refusal: words(bridgeError('device_unknown')) }
  const { role, organization_id: organizationId, device_id: deviceId } = record
  return { role, identity: { clientId, organizationId, deviceId }, refusal: recordRefusal(record, token) }
}

export function unknownDevice(clientId: string): CommandError {
  const text = `the fleet file knows no device "${clientId}"; name its role with --role, or ask the device table with --live`
  return new CommandError('usage', 'device_unknown', text)
}

/** In the words of the authorizer. Without a token, whether the device is let in at all. */
export function recordRefusal(record: DeviceRecord, token?: ReadToken): string | undefined {
  const issuedAtSeconds = token?.claims.iat ?? Number.POSITIVE_INFINITY
  try {
    checkDevice(record, { issuedAtSeconds, keyVersion: keyVersionOf(token?.kid) })
    return undefined
  } catch (error) {
    if (!isBridgeError(error)) throw error
    return words(error)
  }
}

function words({ code, message }: BridgeError): string {
  return `${code}: ${message}`
}
