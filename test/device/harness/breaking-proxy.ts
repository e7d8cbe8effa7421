import { connect, createServer, type Socket } from 'node:net'

/** Stands between device and broker, and breaks what runs through it. */
export interface BreakingProxy extends AsyncDisposable {
  readonly port: number
  /** Connections that were taken so far. */
  readonly accepted: number
  /** Sizes of the chunks that came from the device. */
  readonly chunkBytes: readonly number[]
  /** Resets all connections. */
  cut(): void
  /** Ends all connections in an orderly way, as a process that stops does. */
  endAll(): void
  /** From now on connections are taken and nothing goes through them, nor through those there are. */
  freeze(): void
  /** From now on nobody is let in. */
  refuse(): void
  /** All is well again; what was frozen is reset. */
  mend(): void
}

export async function createBreakingProxy(targetPort: () => number): Promise<BreakingProxy> {
  const pairs = new Set<{ device: Socket; broker: Socket }>()
  const chunkBytes: number[] = []
  let accepted = 0
  let mode: 'open' | 'frozen' | 'refusing' = 'open'

  const server = createServer({ noDelay: true }, (device) => {
    device.on('error', () => {})
    if (mode === 'refusing') {
      device.resetAndDestroy()
      return
    }
    accepted += 1
    const broker = connect({ port: targetPort(), host: '127.0.0.1', noDelay: true })
    broker.on('error', () => device.destroy())
    const pair = { device, broker }
    pairs.add(pair)
    const forget = () => {
      pairs.delete(pair)
      device.destroy()
      broker.destroy()
    }
    device.on('close', forget)
    broker.on('close', forget)
    device.on('data', (chunk) => {
      if (mode === 'frozen') return
      chunkBytes.push(chunk.length)
      broker.write(chunk)
    })
    broker.on('data', (chunk) => {
      if (mode !== 'frozen') device.write(chunk)
    })
    broker.on('end', () => device.end())
    device.on('end', () => broker.end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')

  function cut(): void {
    for (const { device, broker } of pairs) {
      device.resetAndDestroy()
      broker.resetAndDestroy()
    }
  }

  return {
    port: address.port,
    get accepted() {
      return accepted
    },
    chunkBytes,
    cut,
    endAll() {
      for (const { device } of pairs) device.end()
    },
    freeze() {
      mode = 'frozen'
    },
    refuse() {
      mode = 'refusing'
      cut()
    },
    mend() {
      if (mode === 'frozen') cut()
      mode = 'open'
    },
    async [Symbol.asyncDispose]() {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
