import type { Identity } from '#contract/index.ts'

/** Who this device is. Organization and device id may become known while the service runs. */
export interface DeviceIdentity {
  /** The same object until it changes. */
  current(): Identity
  /** Parameters of the device's own topics; undefined while they are not known. */
  topicParameters(): { organizationId: string; deviceId: string } | undefined
  set(values: { organizationId?: string | undefined; deviceId?: string | undefined }): void
  onChange(listener: () => void): void
}

export function createDeviceIdentity(initial: Identity): DeviceIdentity {
  let current = initial
  const listeners: (() => void)[] = []
  return {
    current: () => current,
    topicParameters() {
      const { organizationId, deviceId } = current
      return organizationId !== undefined && deviceId !== undefined ? { organizationId, deviceId } : undefined
    },
    set({ organizationId = current.organizationId, deviceId = current.deviceId }) {
      if (organizationId === current.organizationId && deviceId === current.deviceId) return
      current = { clientId: current.clientId, organizationId, deviceId }
      for (const listener of listeners) listener()
    },
    onChange: (listener) => void listeners.push(listener),
  }
}
