import {
  type Completion,
  type DeliverCommand,
  type DeliveryReceipt,
  type DeviceAnswer,
  type DeviceRecord,
  deviceRecordSchema,
} from '#contract/index.ts'
import { createMemoryDeviceRequests, type DeviceFailure, type DeviceRequests } from '#correlation/index.ts'
import { type AskDependencies, createAskDevice } from '../../../functions/shared/asking/ask-device.ts'
import { createTellOutcome, type Waiters } from '../../../functions/shared/asking/tell-outcome.ts'
import { createRecordingObserver } from '../../fixtures/recording-observer.ts'

export const START_MS = Date.parse('2026-11-21T12:00:00.000Z')
export const LAMP = { client_id: 'lamp-1', payload: { method: 'GET', path: '/state' } }
export const CORRELATION = '0a6f3c1e-9a57-4e0f-8f39-6a1f0a1b2c3d'
export const DURABLE: Completion = { kind: 'durable', callback_id: 'Q2FsbGJhY2s=' }

const ACTIVE = { role: 'agent', status: 'active', key_version: 1, not_before_seconds: 0 }
const DEVICES: Readonly<Record<string, Partial<DeviceRecord>>> = {
  'lamp-1': { organization_id: 'acme', device_id: 'Lamp-1' },
  'loner-1': {},
  'revoked-1': { status: 'revoked' },
}

/** A word that an engine was given. */
export type Told =
  | { completion: Completion; answer: DeviceAnswer }
  | { completion: Completion; failure: DeviceFailure }
  | { completion: Completion; heartbeat: true }

/** Asking with a store in memory, a clock that is set, a publisher that is played, and engines that write down what they are told. */
export function setUp(
  options: {
    requests?: DeviceRequests
    deliver?: (command: DeliverCommand) => Promise<DeliveryReceipt>
    waiters?: Partial<Waiters>
  } = {},
) {
  const clock = { nowMs: START_MS }
  const nowMs = () => clock.nowMs
  const observer = createRecordingObserver()
  const sent: DeliverCommand['deliver'][] = []
  const told: Told[] = []
  let ids = 0
  const requests = options.requests ?? createMemoryDeviceRequests({ keptSeconds: 3_600, nowMs })
  const waiters: Waiters = {
    async succeed(completion, answer) {
      told.push({ completion, answer })
      return 'told'
    },
    async fail(completion, failure) {
      told.push({ completion, failure })
      return 'told'
    },
    async heartbeat(completion) {
      told.push({ completion, heartbeat: true })
      return 'told'
    },
    ...options.waiters,
  }
  const tellOutcome = createTellOutcome({ requests, waiters, observer })
  const dependencies: AskDependencies = {
    root: 'jamey',
    requests,
    devices: {
      async find(clientId) {
        const known = DEVICES[clientId]
        return known && deviceRecordSchema.parse({ ...ACTIVE, client_id: clientId, ...known })
      },
    },
    async deliver(command) {
      sent.push(command.deliver)
      return (await options.deliver?.(command)) ?? { delivered: 'confirmed' }
    },
    tellOutcome,
    observer,
    newId: () => {
      ids += 1
      return `00000000-0000-4000-8000-${String(ids).padStart(12, '0')}`
    },
    nowMs,
  }
  return {
    clock,
    observer,
    sent,
    told,
    requests,
    waiters,
    tellOutcome,
    dependencies,
    ask: createAskDevice(dependencies),
  }
}
