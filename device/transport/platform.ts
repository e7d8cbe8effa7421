import type { IClientOptions, MqttClient } from 'mqtt'
import type { ConnectOptions } from '../api/options.ts'

/** What Node and browsers do differently. */
export interface Platform {
  /** Options of MQTT.js for the transport of the URL. Throws configuration_invalid for what the platform does not have. */
  transportOptions(options: ConnectOptions): IClientOptions
  /** Called for each connection before its first byte. */
  prepare(client: MqttClient): void
  /** Calls back when what the event loop has at hand is done; undefined where there is no such moment. */
  readonly atEndOfTurn?: (callback: () => void) => void
}
