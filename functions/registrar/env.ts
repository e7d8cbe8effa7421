import * as z from 'zod'

export const registrarEnvironment = z.object({ DEVICE_TABLE: z.string().min(1) })

/** Names of the two custom resources; lib/ creates them under these types. */
export const CUSTOM_RESOURCES = { device: 'Custom::BridgeDevice', serverNames: 'Custom::BridgeServerNames' } as const
