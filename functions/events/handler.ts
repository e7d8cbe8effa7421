import { bridgeError } from '#contract/index.ts'
import type { Observer, Routes } from '../shared/index.ts'
import type { StatusStore } from './status-table.ts'

/**
 * The routes of events; none is answered. Throw payload_too_large for a status or telemetry that is too long to keep, client_id_mismatch for a
 * heartbeat in another's name.
 */
export function createEventRoutes({ states, observer }: { states: StatusStore; observer: Observer }): Routes {
  return {
    async 'events/status'(event) {
      await states.keep('status', event)
      observer.count('EventsRecorded')
    },

    async 'events/heartbeat'(event) {
      const named = event.payload.client_id
      if (named !== event.clientId) {
        throw bridgeError('client_id_mismatch', { actual: named.slice(0, 128), expected: event.clientId })
      }
      await states.keep('heartbeat', event)
      observer.count('EventsRecorded')
    },

    async 'org/{organizationId}/device/{deviceId}/telemetry'(event) {
      await states.keep('telemetry', event)
      observer.count('EventsRecorded')
    },

    async 'org/{organizationId}/device/{deviceId}/status'(event) {
      await states.keep('device_status', event)
      observer.count('EventsRecorded')
    },

    async 'events/errors'(event) {
      await states.countError(event)
      observer.count('EventsRecorded')
      observer.count('ErrorsReported')
    },
  }
}
