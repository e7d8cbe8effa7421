/** The routes of the HTTP API for who asks devices; lib/ gives each its kind of authorization. */
export const DEVICE_ROUTES = {
  ask: 'POST /devices/{clientId}/requests',
  look: 'GET /requests/{requestId}',
} as const

export { requesterEnvironment as httpEnvironment } from '../shared/settings.ts'
