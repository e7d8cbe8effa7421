import type { DeviceRecord, MemoryLayer } from '#contract/index.ts'

/**
 * The partition key of one layer of one user's memories: tenant, user and layer as a JSON list, so that no user id, which is free
 * text, can spell another's key. The tenant is the registered organization, else the client; at most 2,048 bytes, as DynamoDB wants.
 */
export function memoryOwner(
  device: Pick<DeviceRecord, 'client_id' | 'organization_id'>,
  userId: string | null,
  layer: MemoryLayer,
): string {
  const tenant = device.organization_id === undefined ? `client:${device.client_id}` : `org:${device.organization_id}`
  return JSON.stringify([tenant, userId, layer])
}
