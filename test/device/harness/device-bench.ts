import { randomUUID } from 'node:crypto'
import { jamey } from '#contract/index.ts'
import {
  type Bridge,
  type BridgeEventOf,
  type BridgeEventType,
  type BridgeState,
  type ConnectOptions,
  connect,
} from '#device/index.ts'
import type { InboundMessage } from '#local/broker/index.ts'
import { createServerCertificate } from '../../local/broker/server-certificate.ts'
import { createTestBroker, type TestBroker } from '../../local/broker/test-broker.ts'
import { type BreakingProxy, createBreakingProxy } from './breaking-proxy.ts'
import { createDeviceClock, type DeviceClock } from './device-clock.ts'

export type JameyBridge = Bridge<typeof jamey>
export type JameyOptions = Partial<ConnectOptions<typeof jamey>>

const certificate = await createServerCertificate()

/** The broker of the local runtime with a proxy before it, and devices that are closed at the end. */
export interface DeviceBench extends AsyncDisposable {
  readonly test: TestBroker
  readonly proxy: BreakingProxy
  readonly clock: DeviceClock
  readonly url: string
  /** What the broker took, by topic. */
  texts(topic: string): string[]
  /** Connects a device through the proxy, with the bench's clock. */
  device(options?: JameyOptions): Promise<JameyBridge>
  /** Publishes an envelope from the cloud. */
  send(
    topic: string,
    payload: unknown,
    more?: { messageId?: string; metadata?: Record<string, unknown> },
  ): Promise<string>
  certificate: typeof certificate
}

type BrokerOverrides = Parameters<typeof createTestBroker>[0]

export async function createDeviceBench(
  overrides: Omit<NonNullable<BrokerOverrides>, 'clock'> & {
    answer?: (message: InboundMessage, bench: DeviceBench) => unknown
  } = {},
): Promise<DeviceBench> {
  const clock = createDeviceClock()
  const { answer, ...brokerOptions } = overrides
  const test = createTestBroker({
    ...brokerOptions,
    clock,
    async onMessage(message) {
      await brokerOptions.onMessage?.(message)
      if (answer) await answer(message, bench)
    },
  })
  const { port } = await test.broker.listen({ port: 0, tls: certificate })
  const proxy = await createBreakingProxy(() => port)
  const devices: JameyBridge[] = []
  const url = `mqtts://localhost:${proxy.port}`
  const bench: DeviceBench = {
    test,
    proxy,
    clock,
    url,
    certificate,
    texts: (topic) =>
      test.messages.filter((message) => message.topic === topic).map(({ payload }) => payload.toString()),
    async device(options = {}) {
      const bridge = await connect(jamey, {
        url,
        clientId: 'device-1',
        ca: certificate.cert,
        clock,
        random: () => 0.5,
        reconnect: { minIntervalMs: 0 },
        limits: false,
        ...options,
      })
      devices.push(bridge)
      return bridge
    },
    async send(topic, payload, { messageId = randomUUID(), metadata = {} } = {}) {
      const timestamp = new Date(clock.nowMs()).toISOString()
      const text = JSON.stringify({ message_id: messageId, timestamp, topic, payload, metadata })
      await test.broker.publish({ topic, payload: Buffer.from(text), qos: 1 })
      return messageId
    },
    async [Symbol.asyncDispose]() {
      proxy.mend()
      await Promise.all(devices.map((bridge) => bridge.close({ wait: false })))
      await proxy[Symbol.asyncDispose]()
      await test[Symbol.asyncDispose]()
    },
  }
  return bench
}

/** The next state with this status, or the present one. */
export function untilState<Status extends BridgeState['status']>(
  bridge: Pick<JameyBridge, 'state' | 'onState'>,
  status: Status,
): Promise<Extract<BridgeState, { status: Status }>> {
  return new Promise((resolve) => {
    const check = (state: BridgeState) => {
      if (state.status !== status) return
      stop()
      resolve(state as Extract<BridgeState, { status: Status }>)
    }
    const stop = bridge.onState(check)
    check(bridge.state)
  })
}

/** The next event of a type. */
export function untilEvent<Type extends BridgeEventType>(
  bridge: JameyBridge,
  type: Type,
): Promise<BridgeEventOf<Type>> {
  return new Promise((resolve) => {
    const stop = bridge.onEvent(type, (event) => {
      stop()
      resolve(event)
    })
  })
}

/** The turn of the event loop in which what was true becomes true: for what crosses a socket. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}

/** Holds back the answers of a broker until `open`. */
export function createBarrier() {
  let open = () => {}
  const passed = new Promise<void>((resolve) => {
    open = resolve
  })
  return { passed, open: () => open() }
}
