import { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'

/** https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 */
const CLOSE = { normal: 1_000, unsupportedData: 1_003, abnormal: 1_006 } as const

/**
 * The bytes of a WebSocket as a stream: binary frames alone, of which one may hold several packets or a part of one. A text frame ends the
 * connection. OASIS MQTT 5.0, 6
 */
export function websocketDuplex(socket: WebSocket): { duplex: Duplex; saidGoodbye: () => boolean } {
  let closeCode: number | undefined
  const duplex = new Duplex({
    read: () => socket.resume(),
    write: (chunk: Buffer, _, done) => send(chunk, done),
    // one turn's packets leave in one frame
    writev: (chunks, done) => send(Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer)), done),
    final(done) {
      socket.close(CLOSE.normal)
      done()
    },
    destroy(error, done) {
      socket.terminate()
      done(error)
    },
  })

  function send(bytes: Buffer, done: (error?: Error | null) => void): void {
    if (socket.readyState === socket.OPEN) socket.send(bytes, { binary: true }, done)
    // the stream's end is on its way; what is written now has no reader
    else done()
  }

  socket.on('message', (data: RawData, isBinary) => {
    if (!isBinary) socket.close(CLOSE.unsupportedData)
    else if (!duplex.push(data as Buffer)) socket.pause()
  })
  // a frame that breaks the protocol: the library closes with the code for it
  socket.on('error', () => {})
  socket.on('close', (code) => {
    closeCode = code
    duplex.push(null)
    duplex.destroy()
  })
  return { duplex, saidGoodbye: () => closeCode !== undefined && closeCode !== CLOSE.abnormal }
}
