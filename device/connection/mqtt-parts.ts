import mqtt, { type IStore, type MqttClient, type Packet } from 'mqtt'
import type { PacketIds } from '../outbox/packet-ids.ts'
import type { Answered, AuthenticationPacket } from './link.ts'

/** Instead of the library's keep-alive timer. */
export const NO_TIMER = { set: () => 0, clear: () => {} } as never

/** Gives the library packet identifiers that are unique over connections; a message that is sent again keeps its own. */
export function createIdProvider(ids: PacketIds) {
  let given: number | undefined
  let last = 0
  return {
    /** The next packet has this identifier. */
    use(id: number): void {
      given = id
    },
    allocate(): number {
      last = given ?? ids.allocate() ?? 0
      given = undefined
      return last
    },
    getLastAllocated: () => last,
    register: () => true,
    deallocate: (id: number) => ids.free(id),
    clear() {},
  }
}

/** The library puts every QoS 1 message into a store; ours are kept elsewhere. */
export function createPassThroughStore(): IStore {
  const empty = new mqtt.Store()
  const store: IStore = {
    put(_, callback) {
      callback()
      return store
    },
    del(_, callback) {
      callback()
      return store
    },
    get(_, callback) {
      callback(new Error('not kept here'))
      return store
    },
    createStream: () => empty.createStream(),
    close: (callback) => callback(),
  }
  return store
}

/** What waits for the broker, so that it can be told when no answer will come. */
export function createAnswers() {
  const open = new Set<() => void>()
  let pongs: Answered<true>[] = []
  return {
    /** What is returned takes the answer; only the first counts. */
    expect<Result>(answered: Answered<Result>): Answered<Result> {
      const none = () => answered(undefined)
      open.add(none)
      return (result) => {
        if (open.delete(none)) answered(result)
      }
    },
    expectPong: (answered: Answered<true>) => void pongs.push(answered),
    pong: () => pongs.shift()?.(true),
    none(): void {
      const waiting = [...open, ...pongs.map((answered) => () => answered(undefined))]
      open.clear()
      pongs = []
      for (const one of waiting) one()
    },
  }
}

/** The code of the operating system or of TLS; undefined for what the library itself found wrong. */
export function failureCode(error: Error): string | undefined {
  const code = 'code' in error ? error.code : undefined
  if (typeof code === 'string') return code
  // a browser tells no more than this, and so does a certificate that was not taken
  return /^(WebSocket error|TLS not authorized)/.test(error.message) ? error.message : undefined
}

/** AUTH packets, which the library hands over and lets us answer. OASIS MQTT 5.0, 4.12 */
export function createAuthExchange(
  client: MqttClient,
  method: string | undefined,
  events: { authentication(packet: AuthenticationPacket): void },
) {
  let pending: ((error: undefined, packet: Packet) => void) | undefined
  // packets that the library sends only by itself: PUBACKs that come later, and AUTH on a live connection
  const send = (packet: object) => (client as unknown as { _sendPacket(packet: object): void })._sendPacket(packet)

  client.handleAuth = (packet, callback) => {
    if (packet.reasonCode !== 0x18) {
      callback()
      return
    }
    pending = callback
    events.authentication({ reasonCode: packet.reasonCode, data: packet.properties?.authenticationData })
  }

  return {
    send,
    received(packet: Packet): void {
      if (packet.cmd !== 'auth' || packet.reasonCode === 0x18) return
      events.authentication({ reasonCode: packet.reasonCode, data: packet.properties?.authenticationData })
    },
    /** 0x18 goes on with what the broker asked, 0x19 begins anew. */
    answer(data: Uint8Array | undefined, reasonCode: number): void {
      const properties = {
        ...(method && { authenticationMethod: method }),
        ...(data && { authenticationData: data as Buffer }),
      }
      const packet = { cmd: 'auth', reasonCode, properties } as const
      const callback = pending
      pending = undefined
      if (reasonCode === 0x18) callback?.(undefined, packet)
      else send(packet)
    },
  }
}
